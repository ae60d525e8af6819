import { SentEvent, isFinished } from '../../support/client.js';

interface ShownMessage {
  text: string;
  /** What the deltas alone add up to; undefined where none were announced. */
  streamed: string | undefined;
  reasoning: string;
  state: 'begun' | 'complete';
}

/**
 * A session as a client shows it, by the rules of docs/protocol.md: deltas are put where they begin, `completed`
 * replaces, `discarded` forgets. It also notes everything that a server must never send.
 */
export class Transcript {
  readonly events: SentEvent[] = [];
  /** What was wrong with the sequence, in words. */
  readonly faults: string[] = [];
  private readonly messages = new Map<string, ShownMessage>();
  private readonly gone = new Set<string>();
  private readonly drafted = new Set<string>();
  private readonly finished = new Set<string>();

  /** The id of the newest event; where to go on after a break. */
  get cursor(): string {
    return this.events.at(-1)?.id ?? '0';
  }

  /** The text of every message that is shown, by its id. */
  get texts(): Map<string, string> {
    return new Map([...this.messages].map(([id, { text }]) => [id, text]));
  }

  add(event: SentEvent): void {
    if (Number(event.id) <= Number(this.cursor)) this.fault(event, `comes after ${this.cursor}`);
    if (event.run_id !== null && this.finished.has(event.run_id))
      this.fault(event, 'comes after run.finished');
    this.events.push(event);
    if (isFinished(event)) this.finished.add(event.run_id!);
    this.show(event);
  }

  private show(event: SentEvent): void {
    switch (event.type) {
      case 'message.created': {
        const { id, content } = event.data.message;
        if (this.messages.has(id)) this.fault(event, 'creates a message twice');
        this.messages.set(id, { text: content, streamed: undefined, reasoning: '', state: 'complete' });
        break;
      }
      case 'message.started': {
        const { message_id: id } = event.data;
        if (this.messages.has(id) || this.gone.has(id)) this.fault(event, 'begins a message twice');
        this.messages.set(id, { text: '', streamed: '', reasoning: '', state: 'begun' });
        break;
      }
      case 'message.delta':
      case 'message.reasoning_delta':
        this.grow(event);
        break;
      case 'tool_call.drafted': {
        const { call_id: callId, message_id: id } = event.data;
        if (this.messages.get(id)?.state !== 'begun') this.fault(event, 'belongs to no message');
        if (this.drafted.has(callId)) this.fault(event, 'announces a call twice');
        this.drafted.add(callId);
        break;
      }
      case 'message.completed':
        this.complete(event);
        break;
      case 'message.discarded': {
        const { message_id: id } = event.data;
        if (this.messages.get(id)?.state !== 'begun') this.fault(event, 'discards what is not being said');
        this.messages.delete(id);
        this.gone.add(id);
        break;
      }
      default: // what is not about messages
    }
  }

  private grow(event: SentEvent<'message.delta' | 'message.reasoning_delta'>): void {
    const { message_id: id, offset, text } = event.data;
    const message = this.messages.get(id);
    if (message?.state !== 'begun') {
      this.fault(event, this.gone.has(id) ? 'adds to a message that was discarded' : 'adds to no message');
      return;
    }
    const of = event.type === 'message.delta' ? 'text' : 'reasoning';
    if (offset !== message[of].length) this.fault(event, `begins at ${offset}, not ${message[of].length}`);
    message[of] = message[of].slice(0, offset) + text;
    message.streamed = message.text;
  }

  private complete(event: SentEvent<'message.completed'>): void {
    const { message_id: id, content, reasoning = '', usage } = event.data;
    const message = this.messages.get(id);
    if (message?.state === 'complete') this.fault(event, 'completes a message twice');
    if (this.gone.has(id)) this.fault(event, 'completes a message that was discarded');
    // What no model has said (it has cost no tokens) is not streamed: it comes whole.
    const isStreamed = message?.streamed !== undefined && (message.streamed !== '' || usage);
    if (isStreamed && message.streamed !== content) {
      this.fault(event, `has ${content.length} characters, its deltas had ${message.streamed!.length}`);
    }
    if (isStreamed && message.reasoning !== reasoning) {
      this.fault(
        event,
        `has reasoned ${reasoning.length} characters, its deltas had ${message.reasoning.length}`,
      );
    }
    this.messages.set(id, { text: content, streamed: message?.streamed, reasoning, state: 'complete' });
  }

  private fault({ id, type }: SentEvent, what: string): void {
    this.faults.push(`event ${id} (${type}) ${what}`);
  }
}
