import { sqlStateOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { ROWS_MISSING, requiringOne } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ApiKey } from '../domain/api-key.js';
import { ApiKeyNotFound } from '../domain/api-key.errors.js';
import { ApiKeyRepository } from '../domain/api-key.repository.js';
import { ApiKeySchema } from './api-key.row.js';

const REVOKE = requiringOne('update api_keys set revoked_at = $2 where id = $1 and revoked_at is null');

export class SqlApiKeyRepository extends ApiKeyRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  add(key: ApiKey): void {
    this.context.insert(ApiKeySchema, { ...key, revokedAt: null });
  }

  revoke(keyId: string, now: Date): void {
    this.context.write({ text: REVOKE, values: [keyId, now] }, (error) =>
      sqlStateOf(error) === ROWS_MISSING ? new ApiKeyNotFound(keyId) : error,
    );
  }
}
