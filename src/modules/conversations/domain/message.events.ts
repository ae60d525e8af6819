import { DomainEvent } from '../../../shared/domain/domain-event.js';
import {
  MessageView,
  ToolCallView,
  UsageView,
  toMessageView,
  toToolCallView,
  toUsageView,
} from './message-view.js';
import { NewMessage, SpokenMessage } from './message.js';

export interface MessageEvents {
  /** A message that is complete from the start: the user's, a tool's, the system's. `steer_ids`: what it consists of. */
  'message.created': { message: MessageView; steer_ids?: string[] };
  /** Without `subtask_id` and `job_id` the agent speaks in the session's main history. */
  'message.started': { message_id: string; agent: string; subtask_id?: string; job_id?: string };
  /** `offset`: where in the message the piece begins, in UTF-16 units. */
  'message.delta': { message_id: string; offset: number; text: string };
  /** The same for its reasoning, which has offsets of its own. */
  'message.reasoning_delta': { message_id: string; offset: number; text: string };
  /** The content and the reasoning replace all deltas. */
  'message.completed': {
    message_id: string;
    agent: string;
    subtask_id?: string;
    job_id?: string;
    content: string;
    reasoning?: string;
    tool_calls: ToolCallView[];
    suggestions?: string[];
    finish_reason: string;
    usage: UsageView | null;
  };
  /** A started message that will not be completed. */
  'message.discarded': { message_id: string; reason: string };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends MessageEvents {}
}

/** @param steers what was said to a run at work, of which it consists; unset = none */
export const messageCreated = (
  message: NewMessage,
  steers?: readonly { readonly id: string }[],
): DomainEvent<'message.created'> => ({
  type: 'message.created',
  sessionId: message.sessionId,
  runId: message.runId,
  data: { message: toMessageView(message), ...(steers && { steer_ids: steers.map(({ id }) => id) }) },
});

/**
 * @param writer the lease of the run: from here on only its holder may append deltas. A run that was taken over before
 * the message started has a new lease
 */
export const messageStarted = (
  message: Pick<SpokenMessage, 'id' | 'sessionId' | 'runId' | 'agent' | 'subtaskId' | 'jobId'>,
  writer?: string,
): DomainEvent<'message.started'> => ({
  type: 'message.started',
  sessionId: message.sessionId,
  runId: message.runId,
  data: { message_id: message.id, agent: message.agent, ...threadOf(message) },
  writer,
});

/** @param writer the lease whose holder may append deltas to the run's messages from here on; unset = unchanged */
export const messageCompleted = (
  message: SpokenMessage,
  writer?: string,
): DomainEvent<'message.completed'> => ({
  type: 'message.completed',
  sessionId: message.sessionId,
  runId: message.runId,
  data: {
    message_id: message.id,
    agent: message.agent,
    ...threadOf(message),
    content: message.content,
    ...(message.reasoning?.text && { reasoning: message.reasoning.text }),
    tool_calls: message.toolCalls.map(toToolCallView),
    ...(message.suggestions && { suggestions: [...message.suggestions] }),
    finish_reason: message.finishReason,
    usage: toUsageView(message.usage),
  },
  writer,
});

/** @param writer as for `messageCompleted` */
export const messageDiscarded = (
  message: Pick<NewMessage, 'id' | 'sessionId' | 'runId'>,
  reason: string,
  writer?: string,
): DomainEvent<'message.discarded'> => ({
  type: 'message.discarded',
  sessionId: message.sessionId,
  runId: message.runId,
  data: { message_id: message.id, reason },
  writer,
});

const threadOf = ({ subtaskId, jobId }: Pick<NewMessage, 'subtaskId' | 'jobId'>) => ({
  ...(subtaskId && { subtask_id: subtaskId }),
  ...(jobId && { job_id: jobId }),
});
