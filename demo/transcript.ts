import type { DataOf, Message, SessionEvent, ToolOutcome } from './api.ts';

interface Streamed {
  text: string;
  content: string | undefined;
}

/** What a client has seen of a session, to be compared with what the server has stored. */
export class Transcript {
  readonly #messages = new Map<string, Streamed>();
  readonly #toolAnswers = new Map<string, string>();
  readonly #faults: string[] = [];
  #lastId = 0;

  /** @returns what is new on the screen, for events that carry text */
  note(event: SessionEvent): string {
    const id = Number(event.id);
    if (id <= this.#lastId) this.#faults.push(`event ${id} came after event ${this.#lastId}`);
    this.#lastId = id;
    if (event.type === 'message.delta') return this.#append(event.data);
    if (event.type === 'message.discarded') this.#messages.delete(event.data.message_id);
    if (event.type !== 'message.completed') return '';
    const message = this.#message(event.data.message_id);
    message.content = event.data.content;
    return message.content.slice(message.text.length);
  }

  noteToolAnswer(callId: string, outcome: ToolOutcome): void {
    const answer = 'error' in outcome ? `Error: ${outcome.error}` : outcome.result;
    this.#toolAnswers.set(callId, typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  lengthOf(messageId: string): number {
    return this.#message(messageId).text.length;
  }

  /** Everything in which the stored messages differ from what was seen. */
  differencesFrom(stored: readonly Message[]): string[] {
    const faults = [...this.#faults];
    const spoken = stored.filter((message) => message.role === 'assistant');
    for (const { id, content } of spoken) {
      const seen = this.#messages.get(id);
      if (!seen) faults.push(`message ${id} is stored but was never streamed`);
      else if (seen.content !== content)
        faults.push(`message ${id} was completed with another text than is stored`);
      else if (seen.text !== content)
        faults.push(`message ${id} was streamed as another text than is stored`);
    }
    for (const id of this.#messages.keys()) {
      if (!spoken.some((message) => message.id === id))
        faults.push(`message ${id} was streamed but is not stored`);
    }
    for (const [callId, answer] of this.#toolAnswers) {
      const kept = stored.find((message) => message.role === 'tool' && message.call_id === callId);
      if (kept?.content !== answer)
        faults.push(`the answer to tool call ${callId} is not stored as it was given`);
    }
    return faults;
  }

  #append({ message_id: id, offset, text }: DataOf<'message.delta'>): string {
    const message = this.#message(id);
    if (offset !== message.text.length) {
      this.#faults.push(
        `message ${id} goes on at ${offset}, but ${message.text.length} characters were seen`,
      );
    }
    message.text += text;
    return text;
  }

  #message(id: string): Streamed {
    const known = this.#messages.get(id) ?? { text: '', content: undefined };
    this.#messages.set(id, known);
    return known;
  }
}
