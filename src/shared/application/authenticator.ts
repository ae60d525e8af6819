import { DomainError } from '../domain/domain-error.js';

/** The request has no credentials, or invalid ones. */
export class NotAuthenticated extends DomainError {
  readonly code = 'auth.required';
  readonly kind = 'unauthenticated';

  /** @param given whether there were credentials; clients do not learn why they are invalid */
  constructor(readonly given: boolean) {
    super(
      given
        ? 'These credentials are not valid, or not any more'
        : 'Send credentials: Authorization: Bearer <key or token>',
    );
  }
}

/** Tokens cannot be verified while their public keys cannot be fetched. */
export class TokenKeysUnavailable extends DomainError {
  readonly code = 'auth.keys_unavailable';
  readonly kind = 'unavailable';

  constructor(cause: unknown) {
    super('Tokens cannot be verified at the moment; try again');
    this.cause = cause;
  }
}

/** Finds the user who sends a request. */
export abstract class Authenticator {
  /**
   * @param authorization the header of that name
   * @returns the id of the user
   * @throws NotAuthenticated
   * @throws DatabaseUnavailable, TokenKeysUnavailable when credentials cannot be checked at the moment
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
