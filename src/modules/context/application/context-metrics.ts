import { CheckpointReason } from '../domain/checkpoint.js';
import { WAYS } from './checkpoint-writer.js';

/**
 * How a compaction ended: by the way the checkpoint was written; `overtaken` by another checkpoint on the same base;
 * `no_room`, where no cut leaves room for a checkpoint; or `failed`.
 */
export const COMPACTION_OUTCOMES = [...WAYS, 'overtaken', 'no_room', 'failed'] as const;

export type CompactionOutcome = (typeof COMPACTION_OUTCOMES)[number];

/** Counts what happens to contexts. */
export abstract class ContextMetrics {
  abstract compacted(reason: CheckpointReason, outcome: CompactionOutcome): void;
  /** @param told by the provider, of the request with this estimate */
  abstract estimated(tokens: number, told: number): void;
}
