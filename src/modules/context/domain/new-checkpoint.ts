import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { Checkpoint } from './checkpoint.js';

/**
 * Makes the checkpoint that replaces `base`. A job's first one replaces that of the main history, on which it is not based:
 * the main history goes on with its own.
 */
export function newCheckpoint(
  given: Omit<Checkpoint, 'basedOn' | 'tokens' | 'createdAt'>,
  base: Checkpoint | null,
  now: Date,
): Checkpoint {
  return {
    ...given,
    basedOn: base?.thread === given.thread ? base.id : null,
    tokens: estimatedTokens(given.content),
    // The newest is found by its time, also where the clock of another process was ahead.
    createdAt: base && base.createdAt >= now ? new Date(base.createdAt.getTime() + 1) : now,
  };
}
