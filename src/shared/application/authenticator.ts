import { DomainError } from '../domain/domain-error.js';

/** A request does not say who sends it, or says it in a way that does not (any more) count. */
export class NotAuthenticated extends DomainError {
  readonly code = 'auth.required';
  readonly kind = 'unauthenticated';

  /** @param given whether there were credentials at all; why they do not count is nobody's business */
  constructor(readonly given: boolean) {
    super(
      given
        ? 'These credentials are not valid, or not any more'
        : 'Send credentials: Authorization: Bearer <key or token>',
    );
  }
}

/** Nobody can be told apart while the keys that tokens are signed with cannot be fetched. */
export class TokenKeysUnavailable extends DomainError {
  readonly code = 'auth.keys_unavailable';
  readonly kind = 'unavailable';

  constructor(cause: unknown) {
    super('Tokens cannot be verified at the moment; try again');
    this.cause = cause;
  }
}

/** Tells who sends a request. */
export abstract class Authenticator {
  /**
   * @param authorization the header of that name
   * @returns the id of the user
   * @throws NotAuthenticated
   * @throws DatabaseUnavailable, TokenKeysUnavailable where nobody can tell at the moment
   */
  abstract authenticate(authorization: string | undefined): Promise<string>;
}

/**
 * The credentials of an Authorization header of the scheme Bearer (RFC 6750, 2.1).
 * @throws NotAuthenticated
 */
export function bearerOf(authorization: string | undefined): string {
  const [, token] = /^bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '') ?? [];
  if (token === undefined) throw new NotAuthenticated(authorization !== undefined);
  return token;
}
