import { timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigInvalid } from '../../../config/config.js';
import { Authenticator, NotAuthenticated, bearerOf } from '../../../shared/application/authenticator.js';
import { LOCAL_USER } from '../../../shared/domain/user-id.js';
import { hashOf } from '../application/api-key-secret.js';
import { LocalLogins } from '../application/local-logins.js';

/** The sender of the one key, or of that of a page, is the local user, as without authentication. */
export class LocalKeyAuthenticator extends Authenticator {
  private constructor(
    private readonly hash: Buffer,
    private readonly logins: LocalLogins,
  ) {
    super();
  }

  /** @throws ConfigInvalid where the folder has no key */
  static async open(dataDir: string, logins: LocalLogins): Promise<LocalKeyAuthenticator> {
    const key = await readFile(join(dataDir, 'local.key'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new ConfigInvalid([
        `AUTH_MODE must not be local_key without local.key in DATA_DIR (${error.code})`,
      ]);
    });
    return new LocalKeyAuthenticator(hashOf(key.trim()), logins);
  }

  async authenticate(authorization: string | undefined): Promise<string> {
    const secret = bearerOf(authorization);
    if (timingSafeEqual(hashOf(secret), this.hash) || this.logins.isKey(secret)) return LOCAL_USER;
    throw new NotAuthenticated(true);
  }
}
