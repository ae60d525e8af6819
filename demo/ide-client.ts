import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type {
  Approval,
  Context,
  Input,
  Job,
  List,
  Message,
  PlanRecord,
  Problem,
  Run,
  Session,
  SessionEvent,
  Synopsis,
} from './api.ts';

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

  /** @param subtaskId of a plan; null = the session's main history */
  messages(sessionId: string, subtaskId: string | null): Promise<Message[]> {
    return this.#all(`/v1/sessions/${sessionId}/messages`, subtaskId ? { subtask_id: subtaskId } : {});
  }

  plans(sessionId: string): Promise<PlanRecord[]> {
    return this.#all(`/v1/sessions/${sessionId}/plans`);
  }

  plan(id: string): Promise<PlanRecord> {
    return this.#json(`/v1/plans/${id}`);
  }

  pendingApprovals(sessionId: string): Promise<Approval[]> {
    return this.#all(`/v1/sessions/${sessionId}/approvals`, { status: 'pending' });
  }

  runs(sessionId: string): Promise<Run[]> {
    return this.#all(`/v1/sessions/${sessionId}/runs`);
  }

  /** Has the synopsis of a session made in the background. */
  requestSynopsis(sessionId: string): Promise<Job> {
    return this.#json(`/v1/sessions/${sessionId}/synopsis?mode=background`, {});
  }

  /** Has the context of a session compacted in the background. */
  requestCompaction(sessionId: string): Promise<Job> {
    return this.#json(`/v1/sessions/${sessionId}/compact`, {});
  }

  context(sessionId: string): Promise<Context> {
    return this.#json(`/v1/sessions/${sessionId}/context`);
  }

  synopsis(sessionId: string): Promise<Synopsis> {
    return this.#json(`/v1/sessions/${sessionId}/synopsis`);
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

  async #all<Item>(path: string, filter: Readonly<Record<string, string>> = {}): Promise<Item[]> {
    const query = new URLSearchParams({ ...filter, limit: '200' });
    const items: Item[] = [];
    for (;;) {
      const page = await this.#json<List<Item>>(`${path}?${query.toString()}`);
      items.push(...page.data);
      if (!page.has_more || page.next_cursor === null) return items;
      query.set('cursor', page.next_cursor);
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
    throw new Refused(`${init.method ?? 'GET'} ${path}`, response.status, await response.text());
  }
}

/** The server understood and said no. */
export class Refused extends Error {
  readonly status: number;
  /** In the words of the problem. */
  readonly reason: string;

  constructor(request: string, status: number, problem: string) {
    super(`${request} was answered ${status}: ${problem}`);
    this.status = status;
    this.reason = reasonOf(problem);
  }
}

function reasonOf(problem: string): string {
  try {
    const { detail, errors } = JSON.parse(problem) as Problem;
    return errors?.map(({ field, message }) => `${field} ${message}`).join('; ') ?? detail;
  } catch {
    return problem; // something between us and the server has answered
  }
}
