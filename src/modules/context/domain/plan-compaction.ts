import { Budget } from '../../../shared/domain/budget.js';

/** What a cut depends on. */
export interface SizedMessage {
  readonly position: number;
  readonly role: string;
  readonly tokens: number;
  /** Of its images, in bytes. */
  readonly imageBytes: number;
  /** The calls that it makes. */
  readonly calls: readonly string[];
  /** The call that it answers. */
  readonly answers: string | null;
}

/** Where a thread is cut, and how large its checkpoint may be. */
export interface CompactionPlan {
  /** The position of the last message that the checkpoint stands for. */
  readonly upTo: number;
  /** Of the messages that stay. */
  readonly tailTokens: number;
  /** Whether the newest message of the user is before the cut, so that the checkpoint has to repeat it word for word. */
  readonly repeatsUser: boolean;
  /** The most tokens of the checkpoint, beside the message that it repeats. */
  readonly maxTokens: number;
}

/** Of all images of a request, in bytes: providers refuse larger requests, whatever their tokens are. */
export const MOST_IMAGE_BYTES = 24 * 1024 * 1024;
/** Of those in a tail: room is left for the next ones. */
const IMAGE_BYTES_OF_TAIL = MOST_IMAGE_BYTES / 2;

/** With less room than this a checkpoint says nothing. */
export const LEAST_CHECKPOINT = 500;
/** A longer one is tedious to read and to edit. */
export const LARGEST_CHECKPOINT = 8_000;

interface Given {
  /** The newest messages of the thread since its checkpoint, oldest first. */
  readonly messages: readonly SizedMessage[];
  /** The newest message of the user, wherever it is. */
  readonly newestUser: { readonly position: number; readonly tokens: number } | null;
  /** Of all that is not the conversation. */
  readonly fixedTokens: number;
  readonly budget: Budget;
}

/**
 * Chooses the longest tail that fits: one of a quarter of the budget and half of the images at most, or what the model has not
 * answered yet. It is cut where every call has its answer.
 * @returns undefined where no cut leaves room for a checkpoint
 */
export function planCompaction({
  messages,
  newestUser,
  fixedTokens,
  budget,
}: Given): CompactionPlan | undefined {
  const unanswered = startOfUnanswered(messages);
  const tails = tailsOf(messages);
  for (const { start, tokens, imageBytes } of tails) {
    const last = messages[start - 1];
    const isTooLarge = tokens > budget.tail || imageBytes > IMAGE_BYTES_OF_TAIL;
    if (!last || (isTooLarge && start !== unanswered)) continue;
    const upTo = last.position;
    const repeatsUser = newestUser !== null && newestUser.position <= upTo;
    const room = budget.goal - fixedTokens - tokens - (repeatsUser ? newestUser.tokens : 0);
    if (room < LEAST_CHECKPOINT) continue;
    return { upTo, tailTokens: tokens, repeatsUser, maxTokens: Math.min(room, LARGEST_CHECKPOINT) };
  }
  return undefined;
}

/** The places where a tail may begin, and its size, the longest first; the last one is empty. */
function tailsOf(
  messages: readonly SizedMessage[],
): ({ start: number } & Pick<SizedMessage, 'tokens' | 'imageBytes'>)[] {
  const tails = [{ start: messages.length, tokens: 0, imageBytes: 0 }];
  const lacksCall = new Set<string>();
  let tokens = 0;
  let imageBytes = 0;
  for (let start = messages.length - 1; start >= 0; start--) {
    const { answers, calls, ...own } = messages[start]!;
    tokens += own.tokens;
    imageBytes += own.imageBytes;
    if (answers !== null) lacksCall.add(answers);
    for (const call of calls) lacksCall.delete(call);
    if (lacksCall.size === 0) tails.push({ start, tokens, imageBytes });
  }
  return tails.toReversed();
}

/** Where the part begins that no answer of the model follows: its last calls with their answers, or the user's message. */
function startOfUnanswered(messages: readonly SizedMessage[]): number {
  const spoken = messages.findLastIndex(({ role }) => role === 'assistant');
  return spoken >= 0 && messages[spoken]!.calls.length > 0 ? spoken : spoken + 1;
}
