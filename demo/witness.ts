import { type Message, type RuntimeEvent, type ShownMessage, Transcript } from '@agent-runtime/client';
import type { ToolOutcome } from '../src/ide/screen.ts';

/** Remembers what was streamed of a session, to be compared with what the server has stored. */
export class Witness {
  readonly #transcript = new Transcript();
  /** What the pieces of a message add up to. */
  readonly #pieces = new Map<string, ShownMessage>();
  readonly #toolAnswers = new Map<string, string>();
  readonly #faults: string[] = [];

  /** @returns what is new on the screen, for events that carry an agent's words */
  note(event: RuntimeEvent): string {
    const change = this.#transcript.apply(event);
    const isPiece = event.type === 'message.delta' || event.type === 'message.reasoning_delta';
    if (isPiece && !change) {
      this.#faults.push(`message ${event.data.message_id} goes on, but was never begun`);
    }
    if (!change) return '';
    const { id, text, reasoning, hasGap, role } = change.message;
    if (hasGap) this.#faults.push(`a piece of message ${id} is missing`);
    if (isPiece) this.#pieces.set(id, change.message);
    if (event.type === 'message.completed') {
      const pieces = this.#pieces.get(id);
      // What the runtime itself says comes whole.
      const isWhole = event.data.usage === null && pieces === undefined;
      const isAnother = (pieces?.text ?? '') !== text || (pieces?.reasoning ?? '') !== reasoning;
      if (!isWhole && isAnother) {
        this.#faults.push(`message ${id} was completed with another text than was streamed`);
      }
    }
    return role === 'assistant' ? change.added : '';
  }

  noteToolAnswer(callId: string, outcome: ToolOutcome): void {
    const answer = 'error' in outcome ? `Error: ${outcome.error}` : outcome.result;
    this.#toolAnswers.set(
      callId,
      typeof answer === 'string' ? storable(answer) : JSON.stringify(answer, storableIn),
    );
  }

  lengthOf(messageId: string): number {
    return this.#pieces.get(messageId)?.text.length ?? 0;
  }

  /** Everything in which the stored messages differ from what was seen, by subtask; null = the main history. */
  differencesFrom(stored: ReadonlyMap<string | null, readonly Message[]>): string[] {
    const faults = [...this.#faults];
    for (const [subtaskId, messages] of stored) {
      const seen = new Map(this.#transcript.messages({ subtaskId }).map((message) => [message.id, message]));
      for (const { id, content, reasoning, call_id: callId } of messages) {
        const shown = seen.get(id);
        if (!shown) faults.push(`message ${id} is stored, but was not streamed there`);
        else if (shown.text !== content) faults.push(`message ${id} was streamed as another text`);
        else if (shown.reasoning !== (reasoning ?? ''))
          faults.push(`message ${id} was streamed with other reasoning`);
        seen.delete(id);
        if (callId !== null) faults.push(...this.#faultsOfAnswer(callId, content));
      }
      for (const id of seen.keys()) faults.push(`message ${id} was streamed, but is not stored there`);
    }
    for (const callId of this.#toolAnswers.keys()) faults.push(`the answer to call ${callId} is not stored`);
    return faults;
  }

  #faultsOfAnswer(callId: string, content: string): string[] {
    const answer = this.#toolAnswers.get(callId);
    this.#toolAnswers.delete(callId);
    // The runtime adds notes for the model: that a human has edited the call, that text was replaced.
    if (answer === undefined || content === answer || content.startsWith(`${answer}\n\n(`)) return [];
    return [`the answer to call ${callId} is not stored as it was given`];
  }
}

/** As the server stores text: it replaces NUL and halves of surrogate pairs. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

const storableIn = (_key: string, value: unknown): unknown =>
  typeof value === 'string' ? storable(value) : value;
