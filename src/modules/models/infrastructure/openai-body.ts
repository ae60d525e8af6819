import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { fieldsOf } from './openai-chunk.js';
import { MAX_ANSWER_CHARACTERS } from './openai-answer.js';
import { answerTooLong } from './openai-errors.js';
import { ProviderRefusal } from './provider-refusal.js';

/** Limit for the whole body: a provider may send endless events without text. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;
/** Limit for one event, or a whole document; JSON may escape one character as six. */
const MAX_EVENT_CHARACTERS = 6 * MAX_ANSWER_CHARACTERS;

/**
 * Reads the body of an answer: server-sent events (WHATWG HTML, 9.2) whose data are chunks, up to `[DONE]`; or one JSON
 * document, by which some gateways answer although a stream was asked for. The first character tells them apart, since
 * content types are wrong too often.
 */
export class OpenAiBody {
  private readonly decoder = new StringDecoder('utf8');
  private readonly parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw answerTooLong(); // unknown fields are ignored
    },
    onEvent: ({ event, data }) => this.readEvent(event, data),
  });
  private kind: 'unknown' | 'events' | 'document' = 'unknown';
  private readonly document: string[] = [];
  private characters = 0;
  private bytes = 0;
  private hasEnded = false;
  private done = false;

  /** @param onChunk gets each chunk, or the whole completion */
  constructor(private readonly onChunk: (chunk: object) => void) {}

  /** Whether the server has marked the end of its answer. */
  get isDone(): boolean {
    return this.done;
  }

  /**
   * @returns whether the answer is complete, so that nothing more needs to be read
   * @throws SyntaxError for data that is not JSON, ProviderRefusal for an error in place of a chunk, ModelError beyond a
   * limit
   */
  push(part: Buffer): boolean {
    this.bytes += part.length;
    if (this.bytes > MAX_BODY_BYTES) throw answerTooLong();
    this.read(this.decoder.write(part));
    return this.done;
  }

  /** The body has no more parts. @throws as `push` */
  end(): void {
    this.read(this.decoder.end());
    this.hasEnded = true;
    if (this.kind === 'events') this.parser.feed('\n\n'); // not every server ends its last event
    if (this.kind !== 'document') return;
    const text = this.document.join('');
    const value: unknown = JSON.parse(text);
    for (const each of Array.isArray(value) ? value : [value]) this.take(each, text);
    this.done = true;
  }

  private read(text: string): void {
    const fresh = this.kind === 'unknown' ? text.replace(/^[\s\uFEFF]+/, '') : text;
    if (fresh === '') return;
    if (this.kind === 'unknown') this.kind = /^[{[]/.test(fresh) ? 'document' : 'events';
    if (this.kind === 'events') return this.parser.feed(fresh);
    this.characters += fresh.length;
    if (this.characters > MAX_EVENT_CHARACTERS) throw answerTooLong();
    this.document.push(fresh);
  }

  private readEvent(event: string | undefined, data: string): void {
    this.done ||= data.startsWith('[DONE]');
    if (this.done || data.trim() === '') return;
    if (event === 'error') throw new ProviderRefusal(data);
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (error) {
      if (this.hasEnded) return; // the last event is cut off, and with it the answer
      throw error;
    }
    this.take(value, data);
  }

  private take(value: unknown, text: string): void {
    const { error, object } = fieldsOf(value);
    if (error || object === 'error') throw new ProviderRefusal(text);
    if (typeof value === 'object' && value !== null) this.onChunk(value);
  }
}
