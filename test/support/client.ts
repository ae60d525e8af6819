import type { SessionEvent } from '@agent-runtime/client';
import { EventSourceParserStream } from 'eventsource-parser/stream';

export type EventType = SessionEvent['type'];

/** The `data` of a server-sent event. */
export type SentEvent<Type extends EventType = EventType> = Extract<SessionEvent, { type: Type }>;

/** A server, or what stands before it, has refused to stream. */
export class NoStream extends Error {
  private constructor(
    readonly status: number,
    text: string,
  ) {
    super(`no stream: ${status} ${text}`);
  }

  static async of(response: Response): Promise<NoStream> {
    return new NoStream(response.status, await response.text());
  }
}

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

// What an answer holds is what the tests are there to say.
// eslint-disable-next-line typescript/no-explicit-any
type Body = any;

/** A client as a plugin would have one: plain HTTP and server-sent events. */
export class TestClient {
  constructor(
    readonly url: string,
    /** Sent with every request. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  /** The same client, which sends these headers with every request as well. */
  with(headers: Record<string, string>): TestClient {
    return new TestClient(this.url, { ...this.headers, ...headers });
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const raw = typeof body === 'string' || body === undefined || body instanceof Uint8Array;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...this.headers,
        ...headers,
      },
      ...(body !== undefined && {
        body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  get = (path: string) => this.call('GET', path);
  post = (path: string, body: unknown = {}) => this.call('POST', path, body);

  /** With a title, so that no model is asked for one. */
  async openSession(body: object = {}): Promise<string> {
    const { status, body: session } = await this.post('/v1/sessions', { title: 'A test', ...body });
    if (status !== 201) throw new Error(`no session: ${JSON.stringify(session)}`);
    return session.id as string;
  }

  input(sessionId: string, input: object): Promise<Answer<Body>> {
    return this.post(`/v1/sessions/${sessionId}/messages`, input);
  }

  say(sessionId: string, content: string, more: object = {}): Promise<Answer<Body>> {
    return this.input(sessionId, { type: 'user_message', content, ...more });
  }

  /** Sends an input and reads its stream to the end. */
  async stream(sessionId: string, input: object): Promise<SentEvent[]> {
    const response = await fetch(`${this.url}/v1/sessions/${sessionId}/messages/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.headers },
      body: JSON.stringify(input),
    });
    if (response.status !== 200) throw await NoStream.of(response);
    return Array.fromAsync(parse(response));
  }

  ask(sessionId: string, content: string, more: object = {}): Promise<SentEvent[]> {
    return this.stream(sessionId, { type: 'user_message', content, ...more });
  }

  /** What comes of an event stream, as it comes; open when this returns. */
  async open(path: string): Promise<AsyncGenerator<string>> {
    const response = await fetch(`${this.url}${path}`, { headers: this.headers });
    if (response.status !== 200) throw await NoStream.of(response);
    return pieces(response);
  }

  /** The events of a session or run after a cursor; ends when the reader stops or the server ends the stream. */
  async *events(path: string, lastEventId?: string, signal?: AbortSignal): AsyncGenerator<SentEvent> {
    const response = await fetch(`${this.url}${path}`, {
      headers: { ...this.headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      ...(signal && { signal }),
    });
    if (response.status !== 200) throw await NoStream.of(response);
    yield* parse(response);
  }

  /** Everything in a session's log up to the event that `isLast` accepts. */
  async readUntil(
    sessionId: string,
    isLast: (event: SentEvent) => boolean,
    after = '0',
  ): Promise<SentEvent[]> {
    const events: SentEvent[] = [];
    for await (const event of this.events(`/v1/sessions/${sessionId}/events?after=${after}`)) {
      events.push(event);
      if (isLast(event)) break;
    }
    return events;
  }
}

async function* pieces(response: Response): AsyncGenerator<string> {
  yield* response.body!.pipeThrough(new TextDecoderStream());
}

async function* parse(response: Response): AsyncGenerator<SentEvent> {
  const events = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const { id, event, data } of events) {
    if (data === '' || event === undefined) continue;
    const view = JSON.parse(data) as SentEvent;
    if (view.id !== id || view.type !== event)
      throw new Error(`frame and data differ: ${id} ${event} ${data}`);
    yield view;
  }
}

export const isFinished = (event: SentEvent) => event.type === 'run.finished';
export const isWaiting = (event: SentEvent) => event.type === 'run.waiting';

export const typesOf = (events: readonly SentEvent[]) => events.map((event) => event.type);

/** What the deltas of a stream add up to, by message; a discarded message is forgotten. */
export function deltasOf(
  events: readonly SentEvent[],
  of: 'message.delta' | 'message.reasoning_delta' = 'message.delta',
): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { type, data } of events) {
    if (type === of) {
      const before = texts.get(data.message_id) ?? '';
      if (data.offset !== before.length) throw new Error(`a piece at ${data.offset}, after ${before.length}`);
      texts.set(data.message_id, before + data.text);
    }
    if (type === 'message.discarded') texts.delete(data.message_id);
  }
  return texts;
}
