import type { DataOf, Message, SessionEvent, ToolOutcome } from './api.ts';

/** A message as the events told it. */
interface Streamed {
  /** Null = the session's main history. */
  readonly subtaskId: string | null;
  /** What came piece by piece; undefined for a message that comes whole. */
  text?: string;
  content?: string;
  /** What came of its reasoning, piece by piece. */
  thought?: string;
}

/** What a client has seen of a session, to be compared with what the server has stored. */
export class Transcript {
  readonly #messages = new Map<string, Streamed>();
  readonly #toolAnswers = new Map<string, string>();
  readonly #faults: string[] = [];
  #lastId = 0;

  /** @returns what is new on the screen, for events that carry an agent's words */
  note(event: SessionEvent): string {
    const id = Number(event.id);
    if (id <= this.#lastId) this.#faults.push(`event ${id} came after event ${this.#lastId}`);
    this.#lastId = id;
    if (event.type === 'message.created') {
      const { id: messageId, subtask_id: subtaskId, content } = event.data.message;
      this.#messages.set(messageId, { subtaskId, content });
    }
    if (event.type === 'message.started') {
      this.#messages.set(event.data.message_id, { subtaskId: event.data.subtask_id ?? null, text: '' });
    }
    if (event.type === 'message.discarded') this.#messages.delete(event.data.message_id);
    if (event.type === 'message.reasoning_delta') this.#append('thought', event.data);
    if (event.type === 'message.delta') return this.#append('text', event.data);
    return event.type === 'message.completed' ? this.#complete(event.data) : '';
  }

  noteToolAnswer(callId: string, outcome: ToolOutcome): void {
    const answer = 'error' in outcome ? `Error: ${outcome.error}` : outcome.result;
    this.#toolAnswers.set(
      callId,
      typeof answer === 'string' ? storable(answer) : JSON.stringify(answer, storableIn),
    );
  }

  lengthOf(messageId: string): number {
    return this.#messages.get(messageId)?.text?.length ?? 0;
  }

  /** Everything in which the stored messages differ from what was seen, by subtask; null = the main history. */
  differencesFrom(stored: ReadonlyMap<string | null, readonly Message[]>): string[] {
    const faults = [...this.#faults];
    const kept = [...stored].flatMap(([subtaskId, messages]) =>
      messages.map((message) => ({ ...message, subtaskId })),
    );
    for (const { id, content, reasoning, subtaskId } of kept) {
      const seen = this.#messages.get(id);
      if (!seen) faults.push(`message ${id} is stored but was never streamed`);
      else if (seen.subtaskId !== subtaskId) faults.push(`message ${id} is stored in another place`);
      else if (seen.content !== content)
        faults.push(`message ${id} was completed with another text than is stored`);
      else if (seen.text !== undefined && seen.text !== content)
        faults.push(`message ${id} was streamed as another text than is stored`);
      else if ((seen.thought ?? null) !== reasoning)
        faults.push(`message ${id} was streamed with other reasoning than is stored`);
    }
    const ids = new Set(kept.map(({ id }) => id));
    if (ids.size < kept.length) faults.push('a message is stored in two places');
    for (const id of this.#messages.keys()) {
      if (!ids.has(id)) faults.push(`message ${id} was streamed but is not stored`);
    }
    for (const [callId, answer] of this.#toolAnswers) {
      const { content } = kept.find((message) => message.role === 'tool' && message.call_id === callId) ?? {};
      // The runtime adds notes for the model: that a human has edited the call, that text was replaced.
      if (content !== answer && !content?.startsWith(`${answer}\n\n(`))
        faults.push(`the answer to tool call ${callId} is not stored as it was given`);
    }
    return faults;
  }

  #append(to: 'text' | 'thought', { message_id: id, offset, text }: DataOf<'message.delta'>): string {
    const message = this.#messages.get(id);
    if (message?.text === undefined) {
      this.#faults.push(`message ${id} goes on, but was never begun`);
      return '';
    }
    const before = message[to] ?? '';
    if (offset !== before.length) {
      this.#faults.push(`message ${id} goes on at ${offset}, but ${before.length} characters were seen`);
    }
    message[to] = before + text;
    return text;
  }

  #complete(data: DataOf<'message.completed'>): string {
    const { message_id: id, subtask_id: subtaskId = null, content, usage } = data;
    const begun = this.#messages.get(id);
    if (begun?.subtaskId !== subtaskId)
      this.#faults.push(`message ${id} ends in another place than it began`);
    const text = begun?.text ?? '';
    // What the runtime itself says comes whole.
    const isWhole = usage === null && text === '';
    const { thought } = begun ?? {};
    this.#messages.set(id, {
      ...{ subtaskId, content },
      ...(!isWhole && { text }),
      ...(thought !== undefined && { thought }),
    });
    return content.slice(text.length);
  }
}

/** As the server stores text: it replaces NUL and halves of surrogate pairs. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

const storableIn = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? storable(value) : value;
