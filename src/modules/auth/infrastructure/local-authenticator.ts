import { Authenticator } from '../../../shared/application/authenticator.js';
import { LOCAL_USER } from '../../../shared/domain/user-id.js';

/** Without authentication there is one user: every client that reaches the loopback address. */
export class LocalAuthenticator extends Authenticator {
  private readonly user = Promise.resolve(LOCAL_USER);

  authenticate(): Promise<string> {
    return this.user;
  }
}
