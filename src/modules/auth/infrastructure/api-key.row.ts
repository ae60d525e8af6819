import { EntitySchema } from 'typeorm';
import { ApiKey } from '../domain/api-key.js';

export interface ApiKeyRow extends ApiKey {
  readonly revokedAt: Date | null;
}

export const ApiKeySchema = new EntitySchema<ApiKeyRow>({
  name: 'api_key',
  tableName: 'api_keys',
  columns: {
    id: { type: 'uuid', primary: true },
    userId: { type: 'text' },
    name: { type: 'text' },
    hint: { type: 'text' },
    hash: { type: 'bytea' },
    createdAt: { type: 'timestamptz' },
    revokedAt: { type: 'timestamptz', nullable: true },
  },
  checks: [
    { name: 'api_keys_user_id', expression: `user_id NOT IN ('', 'runtime', 'local')` },
    { name: 'api_keys_hashed', expression: 'octet_length(hash) = 32' },
  ],
  uniques: [{ name: 'api_keys_hash', columns: ['hash'] }],
});
