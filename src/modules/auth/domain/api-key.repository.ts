import { ApiKey } from './api-key.js';

export abstract class ApiKeyRepository {
  abstract add(key: ApiKey): void;
  /** The unit of work fails with ApiKeyNotFound if the key is unknown or already revoked. */
  abstract revoke(keyId: string, now: Date): void;
}
