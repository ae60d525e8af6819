import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { NoStream, SentEvent, TestClient } from '../../support/client.js';
import { resultOf } from './story-model.js';
import { Transcript } from './transcript.js';

/** Before the next connection, or the next try of a request. A real client would take a second. */
const AGAIN_MS = 50;
/** A connection on which nothing happens for so long is given up: its server may be frozen. */
const SILENCE_MS = 2_500;
const REQUEST_LIMIT_MS = 3_000;

/** Which server to turn to; another one each time, perhaps. */
export type AnyServer = () => TestClient;

/**
 * A client as a plugin has one. It reads one session, takes up again after its last event whenever the connection
 * breaks, claims the calls that it executes, and answers what it is asked, posting again until a server takes it.
 */
export class ResumingClient {
  readonly transcript = new Transcript();
  /** Answers of servers that a client cannot make sense of. */
  readonly refusals: string[] = [];
  /** How often it has connected. */
  connections = 0;
  /** How often it had to post again. */
  repeats = 0;
  private readonly clientId = randomUUID();
  private readonly posting = new Set<Promise<void>>();
  private readonly stopped = new AbortController();

  constructor(
    readonly sessionId: string,
    /** Who is asked for events. */
    private readonly readFrom: AnyServer,
    /** Who gets messages, results and decisions. */
    private readonly sendTo: AnyServer = readFrom,
  ) {}

  /** Reads, over any number of connections, up to the event that `isLast` accepts; false when it was stopped before. */
  async follow(
    isLast: (event: SentEvent) => boolean,
    onEvent?: (event: SentEvent) => void,
  ): Promise<boolean> {
    while (!this.stopped.signal.aborted) {
      for await (const event of this.connection()) {
        this.transcript.add(event);
        onEvent?.(event);
        this.answer(event);
        if (isLast(event)) {
          await Promise.all(this.posting);
          return true;
        }
      }
      await pause(AGAIN_MS);
    }
    return false;
  }

  stop(): void {
    this.stopped.abort();
  }

  /**
   * Posts until a server has taken it. A message, unlike the other inputs, is looked for before it is sent again; one
   * that was stored only after that look keeps the session busy.
   */
  async say(content: string, more: object = {}): Promise<void> {
    const input = { type: 'user_message', content, ...more };
    if ((await this.post(this.sendTo(), input)) !== 'again') return;
    do {
      this.repeats++;
      await pause(AGAIN_MS);
    } while (
      !(await this.hasMessages()) &&
      (await this.post(this.sendTo(), input, { meansTaken: 'run.in_progress' })) === 'again'
    );
  }

  /** The events after the newest one, for as long as the connection lasts. */
  private async *connection(): AsyncGenerator<SentEvent> {
    const silence = new AbortController();
    const watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
    this.connections++;
    try {
      const path = `/v1/sessions/${this.sessionId}/events?after=0`;
      const signal = AbortSignal.any([silence.signal, this.stopped.signal]);
      for await (const event of this.readFrom().events(path, this.transcript.cursor, signal)) {
        watchdog.refresh();
        yield event;
      }
    } catch (error) {
      // Refused, broken, or silent: the next connection goes on from here.
      if (!isConnectionTrouble(error)) this.refusals.push(`events: ${String(error)}`);
    } finally {
      clearTimeout(watchdog);
      silence.abort();
    }
  }

  private answer({ type, data }: SentEvent): void {
    if (type === 'tool_call.requested') {
      const result = resultOf(data.tool_name, data.arguments);
      this.track(this.claimAndAnswer({ type: 'tool_result', call_id: data.call_id, result }));
    }
    if (type === 'approval.requested') {
      this.send({ type: 'hitl_decision', call_id: data.approval.call_id, decision: 'approve' });
    }
    if (type === 'plan.approval_required') {
      const { id, version } = data.plan;
      this.send({ type: 'plan_decision', plan_id: id, decision: 'approve', version });
    }
  }

  private send(input: object): void {
    this.track(this.postUntilTaken(input));
  }

  private track(work: Promise<unknown>): void {
    const posting = work.then(() => void this.posting.delete(posting));
    this.posting.add(posting);
  }

  /** Every client of a session may execute a call: this one does only what it has claimed. */
  private async claimAndAnswer(result: { type: string; call_id: string; result: string }): Promise<void> {
    const client = { client_id: this.clientId };
    const isMine = await this.postUntilTaken(client, `/v1/tool-calls/${result.call_id}/claim`);
    if (isMine) await this.postUntilTaken({ ...result, ...client });
  }

  /** @returns whether a server has taken it */
  private async postUntilTaken(body: object, path = this.messages): Promise<boolean> {
    while (!this.stopped.signal.aborted) {
      const outcome = await this.post(this.sendTo(), body, { path });
      if (outcome !== 'again') return outcome === 'taken';
      this.repeats++;
      await pause(AGAIN_MS);
    }
    return false;
  }

  private get messages(): string {
    return `/v1/sessions/${this.sessionId}/messages`;
  }

  /** @param meansTaken the code of a problem that shows that the input had arrived before */
  private async post(
    { url, headers }: TestClient,
    input: object,
    { path = this.messages, meansTaken }: { path?: string; meansTaken?: string } = {},
  ): Promise<'taken' | 'again' | 'refused'> {
    try {
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(input),
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      });
      const body = await response.text();
      if (response.ok || (meansTaken && body.includes(`"code":"${meansTaken}"`))) return 'taken';
      if (MAY_COME_AGAIN.has(response.status)) return 'again';
      this.refusals.push(`${path} ${JSON.stringify(input)}: ${response.status} ${body}`);
      return 'refused';
    } catch (error) {
      if (!isConnectionTrouble(error)) throw error;
      return 'again';
    }
  }

  private async hasMessages(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(REQUEST_LIMIT_MS);
      const { url, headers } = this.sendTo();
      const response = await fetch(`${url}/v1/sessions/${this.sessionId}`, { headers, signal });
      return ((await response.json()) as { message_count?: number }).message_count! > 0;
    } catch (error) {
      if (!isConnectionTrouble(error)) throw error;
      return false;
    }
  }
}

/** The server says that it is about to end or without a database; a proxy, that it has got no answer. */
const MAY_COME_AGAIN: ReadonlySet<number> = new Set([502, 503, 504]);

/** fetch throws TypeError for every failure of a connection, and DOMException for an aborted request. */
const isConnectionTrouble = (error: unknown): boolean =>
  error instanceof TypeError ||
  (error instanceof NoStream && MAY_COME_AGAIN.has(error.status)) ||
  (error instanceof DOMException && /Abort|Timeout/.test(error.name));

/** Opens a session with whichever server answers. */
export async function openSomewhere(server: AnyServer, body: object = {}): Promise<string> {
  for (;;) {
    try {
      return await server().openSession(body);
    } catch (error) {
      if (!isConnectionTrouble(error)) throw error;
      await pause(AGAIN_MS);
    }
  }
}

/** Posts with a key of its own until a server has taken it. */
export async function postSomewhere(server: AnyServer, path: string, body: object): Promise<void> {
  const once = { 'idempotency-key': randomUUID() };
  for (;;) {
    try {
      const answer = await server().with(once).post(path, body);
      if (answer.status < 300) return;
      if (!MAY_COME_AGAIN.has(answer.status)) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    } catch (error) {
      if (!isConnectionTrouble(error)) throw error;
    }
    await pause(AGAIN_MS);
  }
}
