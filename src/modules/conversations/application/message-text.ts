import { Message } from '../domain/message.js';
import type { PieceSize } from './piece-size.js';

/** A text under a heading that names its source. */
export interface Passage {
  readonly heading: string;
  readonly body: string;
}

/** Tools have short names, but a model may invent a longer one. */
const LONGEST_NAME = 100;
const nameOf = (tool: string): string => tool.slice(0, LONGEST_NAME).toWellFormed();

const HEADING = /^(?==== )/gm;

/** Moves lines in that look like a heading, so that a text cannot pass for several passages. */
export const quoted = (text: string): string => text.replaceAll(HEADING, ' ');

/** What the note on the missing part may take, in characters. */
const NOTE = 50;

/** The share of a shortened text that is its beginning. */
const HEAD = 0.6;

/** Formats messages for the model, in order: position, author, text and tool calls. */
export class MessageText {
  /** The tools of unanswered calls, by call id. */
  private readonly called = new Map<string, string>();

  /** @param longestOutput the most characters of a tool's answer and of the arguments of a call */
  constructor(private readonly longestOutput = Infinity) {}

  of(message: Message): Passage {
    for (const { callId, toolName } of message.toolCalls) this.called.set(callId, nameOf(toolName));
    const calls = message.toolCalls.map(
      ({ toolName, arguments: args }) =>
        `[calls ${nameOf(toolName)} ${shorten(JSON.stringify(args), this.longestOutput)}]`,
    );
    const heading = `=== #${message.position} ${this.speakerOf(message)}`;
    const content = message.callId === null ? message.content : shorten(message.content, this.longestOutput);
    const body = [content, ...calls].filter((part) => part !== '').join('\n');
    return { heading, body: quoted(body) };
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

/** Shortens a text in its middle, where it says how much is missing. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = Math.floor(longest * HEAD);
  const tail = text.length - (longest - head);
  return `${text.slice(0, head)}\n[… ${tail - head} characters left out …]\n${text.slice(tail)}`.toWellFormed();
}

/** Shortens a text in the same way to a size by another measure; to nothing where that does not even hold the note. */
export function shortenTo(text: string, { most, sizeOf }: Required<PieceSize>): string {
  let shown = text;
  for (let longest = text.length, size = sizeOf(shown); size > most; size = sizeOf(shown)) {
    longest = Math.floor((longest * most) / size) - NOTE;
    if (longest <= 0) return '';
    shown = shorten(text, longest);
  }
  return shown;
}
