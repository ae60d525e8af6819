import { Transaction } from '../../../shared/application/unit-of-work.js';
import { MessageRepository, NewMessage, toToolCallView, toUsageView } from '../../conversations/index.js';

/** What readers must know of a message before its words. */
type Begun = Pick<NewMessage, 'id' | 'sessionId' | 'runId' | 'subtaskId' | 'jobId'> & {
  readonly agent: string;
};

/**
 * Appends what an agent has said, and tells that it is complete.
 * @param writer who may add to the answers of the run from here on; unset = who might before
 */
export async function appendSpoken(tx: Transaction, message: NewMessage, writer?: string): Promise<void> {
  await tx.get(MessageRepository).append(message);
  tx.record({
    type: 'message.completed',
    sessionId: message.sessionId,
    runId: message.runId,
    data: completedData(message),
    writer,
  });
}

/**
 * Tells that an agent begins to speak.
 * @param writer the lease under which it does: from here on its pieces are taken, and no others. Also a run that was
 * taken over while nobody spoke has a new one
 */
export const tellStarted = (
  tx: Transaction,
  { id, sessionId, runId, agent, subtaskId, jobId }: Begun,
  writer?: string,
): void =>
  tx.record({
    type: 'message.started',
    sessionId,
    runId,
    data: { message_id: id, agent, ...threadOf({ subtaskId, jobId }) },
    writer,
  });

/**
 * Tells that a message that was begun will not be completed.
 * @param writer as for `appendSpoken`
 */
export const tellDiscarded = (
  tx: Transaction,
  { id, sessionId, runId }: Pick<Begun, 'id' | 'sessionId' | 'runId'>,
  reason: string,
  writer?: string,
): void =>
  tx.record({ type: 'message.discarded', sessionId, runId, data: { message_id: id, reason }, writer });

const completedData = (message: NewMessage) => ({
  message_id: message.id,
  agent: message.agent,
  ...threadOf(message),
  content: message.content,
  tool_calls: message.toolCalls.map(toToolCallView),
  ...(message.suggestions && { suggestions: [...message.suggestions] }),
  finish_reason: message.finishReason,
  usage: toUsageView(message.usage),
});

/** Where it is said, if not in the main history. */
const threadOf = ({ subtaskId, jobId }: Pick<NewMessage, 'subtaskId' | 'jobId'>) => ({
  ...(subtaskId && { subtask_id: subtaskId }),
  ...(jobId && { job_id: jobId }),
});
