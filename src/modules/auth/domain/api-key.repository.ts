import { ApiKey } from './api-key.js';

export abstract class ApiKeyRepository {
  abstract add(key: ApiKey): void;
  /** @throws ApiKeyNotFound out of the unit of work, where it is not there or revoked already */
  abstract revoke(keyId: string, now: Date): void;
}
