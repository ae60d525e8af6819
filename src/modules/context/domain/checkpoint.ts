export const CHECKPOINT_KINDS = ['formed', 'edited'] as const;

/**
 * Why a thread is given a checkpoint: its context has grown to the threshold, a provider has refused it as too long, a
 * user asks for it, or a user has edited the one before.
 */
export const CHECKPOINT_REASONS = ['threshold', 'overflow', 'request', 'edit'] as const;

export type CheckpointReason = (typeof CHECKPOINT_REASONS)[number];

/** What an agent is told instead of the messages of a thread up to a position. Never changed; a newer one replaces it. */
export interface Checkpoint {
  readonly id: string;
  readonly sessionId: string;
  /** The key of its thread (`keyOf`). */
  readonly thread: string;
  /** The id of the checkpoint that it replaces; null for the first of its thread. At most one is based on each. */
  readonly basedOn: string | null;
  /** The position of the last message that it stands for. */
  readonly upToPosition: number;
  readonly content: string;
  /** Of the content, estimated. */
  readonly tokens: number;
  readonly reason: CheckpointReason;
  /** The model call that wrote it; null if none did. */
  readonly llmCallId: string | null;
  /** Whether a model or the runtime formed it, or a user edited it. */
  readonly kind: (typeof CHECKPOINT_KINDS)[number];
  readonly createdAt: Date;
}
