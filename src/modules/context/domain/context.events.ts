import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { Checkpoint, CheckpointReason } from './checkpoint.js';

export interface ContextEvents {
  /** An agent is told a checkpoint instead of the messages up to this one. Sizes in tokens, estimated. */
  'context.compacted': {
    checkpoint_id: string;
    up_to_message_id: string;
    reason: CheckpointReason;
    tokens_before: number;
    tokens_after: number;
    subtask_id?: string;
    job_id?: string;
  };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends ContextEvents {}
}

/** What is known of a compaction beside its checkpoint. */
export interface Compaction {
  readonly runId: string | null;
  /** The thread, outside the main history. */
  readonly subtaskId?: string;
  readonly jobId?: string;
  readonly upToMessageId: string;
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

export const contextCompacted = (
  { id, sessionId, reason }: Checkpoint,
  { runId, subtaskId, jobId, upToMessageId, tokensBefore, tokensAfter }: Compaction,
): DomainEvent<'context.compacted'> => ({
  type: 'context.compacted',
  sessionId,
  runId,
  data: {
    checkpoint_id: id,
    up_to_message_id: upToMessageId,
    reason,
    tokens_before: tokensBefore,
    tokens_after: tokensAfter,
    ...(subtaskId !== undefined && { subtask_id: subtaskId }),
    ...(jobId !== undefined && { job_id: jobId }),
  },
});
