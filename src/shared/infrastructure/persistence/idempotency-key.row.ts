import { EntitySchema } from 'typeorm';

export interface IdempotencyKeyRow {
  userId: string;
  key: string;
  fingerprint: Buffer;
  /** Null only until the transaction that takes the key commits: other transactions never see it. */
  outcome: Buffer | null;
  createdAt: Date;
}

export const IdempotencyKeySchema = new EntitySchema<IdempotencyKeyRow>({
  name: 'idempotency_key',
  tableName: 'idempotency_keys',
  columns: {
    userId: { type: 'text', primary: true },
    key: { type: 'text', primary: true },
    fingerprint: { type: 'bytea' },
    outcome: { type: 'bytea', nullable: true },
    createdAt: { type: 'timestamptz' },
  },
  indices: [
    {
      // For IdempotencyKeyPruner.
      name: 'idempotency_keys_created',
      columns: ['createdAt'],
    },
  ],
});
