import { Authenticator, NotAuthenticated, bearerOf } from '../../../shared/application/authenticator.js';
import { ApiKeyQueries } from '../application/api-key.queries.js';
import { hashOf, isSecret } from '../application/api-key-secret.js';

/** The sender of a key is its owner. Each request queries the database, so that revoking a key takes effect at once. */
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
