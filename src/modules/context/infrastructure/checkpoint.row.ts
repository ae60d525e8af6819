import { EntitySchema } from 'typeorm';
import { oneOf } from '../../../shared/infrastructure/persistence/one-of.js';
import { CHECKPOINT_KINDS, CHECKPOINT_REASONS, Checkpoint } from '../domain/checkpoint.js';

/** The order of a thread's checkpoints: an edited one stands for the same messages as the one before. */
export const NEWEST_FIRST = 'up_to_position desc, created_at desc';

export const CheckpointSchema = new EntitySchema<Checkpoint>({
  name: 'context_checkpoint',
  tableName: 'context_checkpoints',
  columns: {
    id: { type: 'uuid', primary: true },
    sessionId: { type: 'uuid' },
    thread: { type: 'text' },
    basedOn: { type: 'uuid', nullable: true },
    upToPosition: { type: 'integer' },
    content: { type: 'text' },
    tokens: { type: 'integer' },
    reason: { type: 'text' },
    llmCallId: { type: 'uuid', nullable: true },
    kind: { type: 'text' },
    createdAt: { type: 'timestamptz' },
  },
  foreignKeys: [
    {
      name: 'context_checkpoints_session_fk',
      target: 'session',
      columnNames: ['sessionId'],
      referencedColumnNames: ['id'],
    },
    {
      name: 'context_checkpoints_base_fk',
      target: 'context_checkpoint',
      columnNames: ['basedOn'],
      referencedColumnNames: ['id'],
    },
  ],
  indices: [
    { name: 'context_checkpoints_newest', columns: ['sessionId', 'thread', 'upToPosition', 'createdAt'] },
  ],
  // Nulls are not distinct: one is based on none.
  uniques: [{ name: 'context_checkpoints_one_follows', columns: ['sessionId', 'thread', 'basedOn'] }],
  checks: [
    { name: 'context_checkpoints_kind', expression: oneOf('kind', CHECKPOINT_KINDS) },
    { name: 'context_checkpoints_reason', expression: oneOf('reason', CHECKPOINT_REASONS) },
    { name: 'context_checkpoints_edited', expression: `(kind = 'edited') = (reason = 'edit')` },
  ],
});
