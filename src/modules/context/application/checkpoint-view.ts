import { Checkpoint } from '../domain/checkpoint.js';

// The words of views, for the API's schemas.
export { CHECKPOINT_KINDS, CHECKPOINT_REASONS } from '../domain/checkpoint.js';

/** A checkpoint as clients see it. */
export const toCheckpointView = (checkpoint: Checkpoint) => ({
  id: checkpoint.id,
  kind: checkpoint.kind,
  reason: checkpoint.reason,
  content: checkpoint.content,
  tokens: checkpoint.tokens,
  based_on: checkpoint.basedOn,
  covers_up_to: checkpoint.upToPosition,
  created_at: checkpoint.createdAt.toISOString(),
});

export type CheckpointView = ReturnType<typeof toCheckpointView>;
