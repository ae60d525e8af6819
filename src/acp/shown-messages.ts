import type { SessionUpdate } from '@agentclientprotocol/sdk';
import type { DataOf, Message } from '#client';

const BEGINS_ANEW = '\n\n*The answer broke off, and begins anew.*\n\n';

type Updates = Generator<SessionUpdate>;

/** A whole message, or what of it is shown. */
export type Said = Pick<Message, 'id' | 'content' | 'reasoning' | 'suggestions'> & {
  subtaskId: string | undefined;
};

/** What agents have said, as far as the editor was shown it: in pieces, or whole. */
export class ShownMessages {
  readonly #headingOf: (subtaskId: string) => string | undefined;
  /** How many characters of a message were shown; Infinity = all that there will be. */
  readonly #text = new Map<string, number>();
  readonly #reasoning = new Map<string, number>();
  readonly #whole = new Set<string>();
  readonly #subtaskOf = new Map<string, string>();
  /** The subtask under whose heading the newest piece stands. */
  #subtask: string | undefined;

  /** @param headingOf what stands above the messages of a subtask */
  constructor(headingOf: (subtaskId: string) => string | undefined) {
    this.#headingOf = headingOf;
  }

  started({ message_id: id, subtask_id: subtaskId }: DataOf<'message.started'>): void {
    if (subtaskId) this.#subtaskOf.set(id, subtaskId);
  }

  *piece({ message_id: id, offset, text }: DataOf<'message.delta'>): Updates {
    const added = this.#added(this.#text, id, offset, text);
    if (added) yield* this.#chunks(id, this.#subtaskOf.get(id), added);
  }

  *thought({ message_id: id, offset, text }: DataOf<'message.reasoning_delta'>): Updates {
    const added = this.#added(this.#reasoning, id, offset, text);
    if (added) yield chunk('agent_thought_chunk', id, added);
  }

  /** A whole message: what of it was not shown piece by piece. */
  *say({ id, content, reasoning, suggestions, subtaskId }: Said): Updates {
    if (this.#whole.has(id)) return;
    this.#whole.add(id);
    const thought = (reasoning ?? '').slice(this.#reasoning.get(id) ?? 0);
    if (thought) yield chunk('agent_thought_chunk', id, thought);
    const text = content.slice(this.#text.get(id) ?? 0);
    if (text) yield* this.#chunks(id, subtaskId, text);
    this.#reasoning.set(id, Infinity);
    this.#text.set(id, Infinity);
    if (!suggestions?.length) return;
    yield chunk('agent_message_chunk', id, `\n\n${suggestions.map((each) => `- ${each}`).join('\n')}\n`);
  }

  *discarded(id: string): Updates {
    // The protocol can take nothing back.
    if (this.#text.get(id)) yield chunk('agent_message_chunk', id, BEGINS_ANEW);
    this.#text.delete(id);
  }

  /** What of a piece was not shown; none where one before it is missing, which the whole message brings. */
  #added(shown: Map<string, number>, id: string, offset: number, text: string): string {
    const known = shown.get(id) ?? 0;
    const added = offset > known ? '' : text.slice(known - offset);
    shown.set(id, known + added.length);
    return added;
  }

  /** Under the heading of its subtask, which is told once. */
  *#chunks(id: string, subtaskId: string | undefined, text: string): Updates {
    if (subtaskId !== this.#subtask) {
      this.#subtask = subtaskId;
      const heading = subtaskId === undefined ? undefined : this.#headingOf(subtaskId);
      if (heading !== undefined) yield chunk('agent_message_chunk', id, `\n\n### ${heading}\n\n`);
    }
    yield chunk('agent_message_chunk', id, text);
  }
}

/** A piece of a message. */
export const chunk = (
  sessionUpdate: 'user_message_chunk' | 'agent_message_chunk' | 'agent_thought_chunk',
  messageId: string,
  text: string,
): SessionUpdate => ({ sessionUpdate, messageId, content: { type: 'text', text } });
