import { Message } from '../../conversations/index.js';

/** A text under a heading that names its source. */
export interface Passage {
  readonly heading: string;
  readonly body: string;
}

/** Tools have short names, but a model may invent a longer one. */
const LONGEST_NAME = 100;
const nameOf = (tool: string): string => tool.slice(0, LONGEST_NAME).toWellFormed();

/** Formats messages for the model, in order: position, author, text and tool calls. */
export class MessageText {
  /** The tools of unanswered calls, by call id. */
  private readonly called = new Map<string, string>();

  of(message: Message): Passage {
    for (const { callId, toolName } of message.toolCalls) this.called.set(callId, nameOf(toolName));
    const calls = message.toolCalls.map(
      ({ toolName, arguments: args }) => `[calls ${nameOf(toolName)} ${JSON.stringify(args)}]`,
    );
    const heading = `=== #${message.position} ${this.speakerOf(message)}`;
    return { heading, body: [message.content, ...calls].filter((part) => part !== '').join('\n') };
  }

  private speakerOf({ role, agent, callId, subtaskId, jobId, finishReason }: Message): string {
    if (callId !== null) {
      const tool = this.called.get(callId);
      this.called.delete(callId);
      return tool === undefined ? 'answer of a tool' : `answer of ${tool}`;
    }
    const about = [
      agent,
      subtaskId !== null && 'in a subtask',
      jobId !== null && 'in the background',
      finishReason === 'interrupted' && 'cut off',
    ].filter(Boolean);
    return about.length > 0 ? `${role} (${about.join(', ')})` : role;
  }
}
