import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { BLOB_PURPOSES, BlobPurpose } from '../domain/blob.repository.js';
import { ImageFacts } from '../domain/image.js';

export interface BlobRow {
  readonly userId: string;
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  readonly size: number;
  /** Null for bytes that are no image. */
  readonly image: ImageFacts | null;
  /** Null while a session uses it. */
  readonly expiresAt: Date | null;
}

/** What is still kept, whether or not the pruner has seen that it has expired. */
export const KEPT = '(expires_at is null or expires_at > now())';

export const BlobSchema = new EntitySchema<BlobRow>({
  name: 'blob',
  tableName: 'blobs',
  columns: {
    userId: { type: 'text', primary: true },
    hash: { type: 'text', primary: true },
    bytes: { type: 'bytea' },
    size: { type: 'integer' },
    image: { type: 'jsonb', nullable: true },
    expiresAt: { type: 'timestamptz', nullable: true },
  },
  indices: [
    { name: 'blobs_expiry', columns: ['expiresAt'], where: '(expires_at IS NOT NULL)' },
    // The sum of a user's sizes is read from it alone.
    { name: 'blobs_user_size', columns: ['userId', 'size'] },
  ],
});

export interface BlobUseRow {
  readonly userId: string;
  readonly hash: string;
  readonly sessionId: string;
  readonly purpose: BlobPurpose;
}

export const BlobUseSchema = new EntitySchema<BlobUseRow>({
  name: 'blob_use',
  tableName: 'blob_uses',
  columns: {
    userId: { type: 'text', primary: true },
    hash: { type: 'text', primary: true },
    sessionId: { type: 'uuid', primary: true },
    purpose: { type: 'text', primary: true },
  },
  foreignKeys: [
    {
      name: 'blob_uses_blob_fk',
      target: 'blob',
      columnNames: ['userId', 'hash'],
      referencedColumnNames: ['userId', 'hash'],
    },
    {
      name: 'blob_uses_session_fk',
      target: 'session',
      columnNames: ['sessionId'],
      referencedColumnNames: ['id'],
    },
  ],
  indices: [{ name: 'blob_uses_session', columns: ['sessionId'] }],
  checks: [{ name: 'blob_uses_purpose', expression: oneOf('purpose', BLOB_PURPOSES) }],
});
