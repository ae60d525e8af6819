import { Authenticator, NotAuthenticated, bearerOf } from '../../../shared/application/authenticator.js';
import { ApiKeyQueries } from '../application/api-key.queries.js';
import { hashOf, isSecret } from '../application/api-key-secret.js';

/** Whoever sends a key is its owner. Asked of the database each time, so that a revoked key is of no use at once. */
export class ApiKeyAuthenticator extends Authenticator {
  constructor(private readonly keys: ApiKeyQueries) {
    super();
  }

  async authenticate(authorization: string | undefined): Promise<string> {
    const secret = bearerOf(authorization);
    const owner = isSecret(secret) ? await this.keys.findOwner(hashOf(secret)) : undefined;
    if (owner === undefined) throw new NotAuthenticated(true);
    return owner;
  }
}
