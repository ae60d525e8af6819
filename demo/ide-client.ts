import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Input, List, Message, Run, Session, SessionEvent } from './api.ts';

/** The server's HTTP interface as an IDE plugin uses it. */
export class IdeClient {
  readonly #url: string;
  readonly #signal: AbortSignal;
  #connection = new AbortController();
  #retryMs = 1000;

  constructor(url: string, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
  }

  createSession(title: string): Promise<Session> {
    return this.#json('/v1/sessions', { title });
  }

  send(sessionId: string, input: Input): Promise<{ run: Run | null }> {
    return this.#json(`/v1/sessions/${sessionId}/messages`, input);
  }

  messages(sessionId: string): Promise<Message[]> {
    return this.#all(`/v1/sessions/${sessionId}/messages`);
  }

  runs(sessionId: string): Promise<Run[]> {
    return this.#all(`/v1/sessions/${sessionId}/runs`);
  }

  /**
   * Everything that happens in a session, from its beginning. When the connection breaks it goes on after the last
   * event that was seen; the reader notices only that it takes a moment.
   */
  async *events(
    sessionId: string,
    reconnected: (after: string) => void,
  ): AsyncGenerator<SessionEvent, never> {
    let lastId = '0';
    for (let connections = 0; ; connections++) {
      this.#connection = new AbortController();
      if (connections > 0) reconnected(lastId);
      try {
        const response = await this.#request(`/v1/sessions/${sessionId}/events?after=0`, {
          headers: { 'last-event-id': lastId },
          signal: AbortSignal.any([this.#signal, this.#connection.signal]),
        });
        const frames = response
          .body!.pipeThrough(new TextDecoderStream())
          .pipeThrough(new EventSourceParserStream({ onRetry: (ms) => (this.#retryMs = ms) }));
        for await (const { id, data } of frames) {
          yield JSON.parse(data) as SessionEvent;
          lastId = id ?? lastId;
        }
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof Refused) throw error; // to ask again would not help
      }
      await pause(this.#retryMs, undefined, { signal: this.#signal });
    }
  }

  /** Breaks the connection of the event stream, as a closed laptop would. */
  disconnect(): void {
    this.#connection.abort();
  }

  async #all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = null; ;) {
      const query: string = cursor ? `?limit=200&cursor=${encodeURIComponent(cursor)}` : '?limit=200';
      const page = await this.#json<List<Item>>(path + query);
      items.push(...page.data);
      cursor = page.next_cursor;
      if (!page.has_more) return items;
    }
  }

  async #json<Answer>(path: string, body?: object): Promise<Answer> {
    const response = await this.#request(path, {
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: this.#signal,
    });
    return (await response.json()) as Answer;
  }

  async #request(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(this.#url + path, init);
    if (response.ok) return response;
    throw new Refused(
      `${init.method ?? 'GET'} ${path} was answered ${response.status}: ${await response.text()}`,
    );
  }
}

/** The server understood and said no. */
class Refused extends Error {}
