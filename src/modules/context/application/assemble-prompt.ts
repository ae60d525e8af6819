import { isJsonObject } from '../../../shared/domain/json.js';
import { imagesIn } from '../../../shared/domain/message-parts.js';
import { IMAGES_NOT_SHOWN, ModelImage, ModelMessage } from '../../models/index.js';
import { Message, shownContent } from '../../conversations/index.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { ImagesOf } from './load-images.js';

const UNANSWERED = 'Error: this call was not carried out';

/**
 * What stands between two messages of one side, and after a last message of the assistant. Strict chat templates refuse
 * both, as they do a user's message right after a tool's answer. Always the same, so that what was sent once is sent again
 * unchanged and the provider's prompt cache holds.
 */
const NO_ANSWER: ModelMessage = {
  role: 'assistant',
  content: '(This turn ended without an answer.)',
  toolCalls: [],
};
const GO_ON: ModelMessage = { role: 'user', content: '(Go on.)' };

/** After instructions, where the conversation goes on with the user's words. */
const INSTRUCTED: ModelMessage = {
  role: 'assistant',
  content: 'I have read the instructions of the workspace.',
  toolCalls: [],
};

/** Before a checkpoint, and the answer to it, so that the conversation goes on with the user's or the agent's words. */
const NOTES =
  'What has happened so far, as notes. They stand in place of the earlier messages, which you are not shown any more:';
const NOTED: ModelMessage = {
  role: 'assistant',
  content: 'I have read the notes, and go on from there.',
  toolCalls: [],
};

/** What a prompt is made of, beside the messages. */
export interface Opening {
  /** The prompt of the agent, and where it works. */
  readonly system: string;
  /** What files of the workspace say; unset or empty = nothing. */
  readonly instructions?: string;
  /** What the agent is told before the conversation. */
  readonly brief?: string | undefined;
  readonly checkpoint?: Pick<Checkpoint, 'content'> | null;
}

/**
 * The input of a model: the agent's prompt, then instructions, brief and checkpoint where there are any, and the messages since.
 * Tool answers whose call is not among them are left out; a call without an answer (its run was ended) gets one, since
 * providers refuse a conversation that lacks it.
 */
export function assemblePrompt(
  { system, instructions, brief, checkpoint }: Opening,
  history: readonly Message[],
  imagesOf: ImagesOf = () => [],
): ModelMessage[] {
  const answers = new Map(history.filter((m) => m.role === 'tool').map((m) => [m.callId, m]));
  const messages: ModelMessage[] = [{ role: 'system', content: system }];
  const told = [instructions, brief, checkpoint && `${NOTES}\n\n${checkpoint.content}`].filter(Boolean);
  if (told.length > 0) messages.push({ role: 'user', content: told.join('\n\n') });
  if (checkpoint) messages.push(NOTED);
  else if (instructions && !brief) messages.push(INSTRUCTED);
  for (const message of history) {
    if (message.role === 'user') {
      const before = messages.at(-1)!.role;
      if (before === 'user' || before === 'tool') messages.push(NO_ANSWER);
      messages.push({ role: 'user', ...withImages(message, shownContent(message), imagesOf) });
    }
    if (message.role !== 'assistant') continue;
    if (messages.at(-1)!.role === 'assistant') messages.push(GO_ON);
    messages.push({
      role: 'assistant',
      content: message.content,
      reasoning: message.reasoning,
      toolCalls: message.toolCalls.map((call) => ({
        callId: call.callId,
        toolName: call.toolName,
        // What is no object is not repeated: chat templates of some servers fail on it.
        arguments: isJsonObject(call.arguments) ? JSON.stringify(call.arguments) : '{}',
      })),
    });
    for (const { callId } of message.toolCalls) {
      const answer = answers.get(callId);
      const shown = answer ? withImages(answer, shownContent(answer), imagesOf) : { content: UNANSWERED };
      messages.push({ role: 'tool', callId, ...shown });
    }
  }
  if (messages.at(-1)!.role === 'assistant') messages.push(GO_ON);
  return messages;
}

/** A text with the images of its message, or with words where these are not shown. */
function withImages(
  message: Message,
  content: string,
  imagesOf: ImagesOf,
): { content: string; images?: readonly ModelImage[] } {
  if (imagesIn(message).length === 0) return { content };
  const images = imagesOf(message);
  return images.length > 0 ? { content, images } : { content: `${content}\n\n${IMAGES_NOT_SHOWN}` };
}
