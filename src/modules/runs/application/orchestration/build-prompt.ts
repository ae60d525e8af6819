import { isJsonObject } from '../../../../shared/domain/json.js';
import { Agent } from '../../../agents/index.js';
import { ModelMessage } from '../../../models/index.js';
import { Message } from '../../../conversations/index.js';
import { shownContent } from './shown-content.js';

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

/**
 * The input of a model: the agent's prompt, the brief if there is one, and the newest part of the conversation. The
 * window may begin anywhere, so tool answers whose call is outside it are left out; a call without an answer (its run
 * was ended) gets one, since providers refuse a conversation that lacks it.
 */
export function buildPrompt(agent: Agent, history: readonly Message[], brief?: string): ModelMessage[] {
  const answers = new Map(history.filter((m) => m.role === 'tool').map((m) => [m.callId, m.content]));
  const messages: ModelMessage[] = [{ role: 'system', content: agent.prompt }];
  if (brief !== undefined) messages.push({ role: 'user', content: brief });
  for (const message of history) {
    if (message.role === 'user') {
      const before = messages.at(-1)!.role;
      if (before === 'user' || before === 'tool') messages.push(NO_ANSWER);
      messages.push({ role: 'user', content: shownContent(message) });
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
      messages.push({ role: 'tool', callId, content: answers.get(callId) ?? UNANSWERED });
    }
  }
  if (messages.at(-1)!.role === 'assistant') messages.push(GO_ON);
  return messages;
}
