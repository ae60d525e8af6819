import { Authenticator } from '../../../shared/application/authenticator.js';

/** Without authentication there is one user: whoever reaches the loopback address. */
export class LocalAuthenticator extends Authenticator {
  private readonly user = Promise.resolve('local');

  authenticate(): Promise<string> {
    return this.user;
  }
}
