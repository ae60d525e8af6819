import type { DataOf, EventOptions, RuntimeEvent } from './events.ts';
import { Hands, NOTHING_OPEN, type Open, askedBy } from './hands.ts';
import { Http, type Options, type RequestOptions, newKey } from './http.ts';
import type { Journal, Lent } from './lent.ts';
import { type Resources, resources } from './resources.ts';
import { Transcript } from './transcript.ts';
import type { UserMessage } from './types.gen.ts';
import { Line } from './waiting.ts';

/** For `ask` and `resume`. */
export interface StayOptions extends Lent {
  /** Ends the staying, not the run: the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
  /** Each event of the run, before it is acted on; the next one waits for what this returns. */
  readonly onEvent?: (event: RuntimeEvent) => unknown;
}

export interface LendOptions extends StayOptions {
  /** The id of the last event that was handled: `onEvent` gets those after it. From now on by default. */
  readonly after?: string;
}

/** How a run has ended. */
export interface Outcome extends Pick<DataOf<'run.finished'>, 'status' | 'error' | 'usage'> {
  readonly runId: string;
  /** What agents have said in the main history, in order. */
  readonly texts: readonly string[];
}

/** What was lent to a session, until it is closed. */
export interface Lending {
  /** Fulfilled when the lending was ended by `close` or the signal; rejected when a handler or the server ends it. */
  readonly ended: Promise<void>;
  /** Takes everything back: handlers are told by their signals. */
  close(): Promise<void>;
}

/** The client of one server. */
export class AgentRuntime {
  readonly account: Resources['account'];
  readonly agents: Resources['agents'];
  readonly tools: Resources['tools'];
  readonly models: Resources['models'];
  readonly sessions: Resources['sessions'];
  readonly context: Resources['context'];
  readonly approvals: Resources['approvals'];
  readonly permissions: Resources['permissions'];
  readonly plans: Resources['plans'];
  readonly runs: Resources['runs'];
  readonly toolCalls: Resources['toolCalls'];
  readonly blobs: Resources['blobs'];
  readonly jobs: Resources['jobs'];
  readonly synopses: Resources['synopses'];
  readonly #options: Options;
  readonly #resources: Resources;
  /** Where the caller keeps none: for as long as this client lives. */
  readonly #journal: Journal = new Set<string>();
  readonly #atWork = new Set<string>();
  /** The name by which it claims calls; a claim renews the tools that are declared under it. */
  readonly clientId = newKey();

  constructor(options: Options) {
    this.#options = options;
    this.#resources = resources(new Http(options));
    this.account = this.#resources.account;
    this.agents = this.#resources.agents;
    this.tools = this.#resources.tools;
    this.models = this.#resources.models;
    this.sessions = this.#resources.sessions;
    this.context = this.#resources.context;
    this.approvals = this.#resources.approvals;
    this.permissions = this.#resources.permissions;
    this.plans = this.#resources.plans;
    this.runs = this.#resources.runs;
    this.toolCalls = this.#resources.toolCalls;
    this.blobs = this.#resources.blobs;
    this.jobs = this.#resources.jobs;
    this.synopses = this.#resources.synopses;
  }

  /** Everything that happens in a session, once and in order, for ever. @throws Problem 401, 403, 404 */
  events(sessionId: string, options?: EventOptions): AsyncGenerator<RuntimeEvent, void, undefined> {
    return this.sessions.events(sessionId, options);
  }

  /**
   * Says something and stays until its run has ended, over restarts of the server and broken connections.
   * @throws Problem where the message is refused; what a handler throws; the reason of the signal
   */
  async ask(
    sessionId: string,
    message: string | Omit<UserMessage, 'type'>,
    options: StayOptions & RequestOptions = {},
  ): Promise<Outcome> {
    const input = typeof message === 'string' ? { content: message } : message;
    const { run } = await this.sessions.send(sessionId, { type: 'user_message', ...input }, options);
    return this.stay(sessionId, run!.id, options);
  }

  /** As `ask` does after it has sent its message: stays with a run that has just been made, until it has ended. */
  stay(sessionId: string, runId: string, options: StayOptions = {}): Promise<Outcome> {
    return this.#stay(sessionId, runId, NOTHING_OPEN, options);
  }

  /**
   * Goes on with the active run of a session, as after a restart of the IDE: does what it waits for, each once, and stays
   * until it has ended. `onEvent` gets its events from the first one on.
   * @returns undefined where no run is active
   */
  async resume(sessionId: string, options: StayOptions = {}): Promise<Outcome | undefined> {
    const { runId, open } = await this.#look(sessionId, options);
    return runId === undefined ? undefined : this.#stay(sessionId, runId, open, options);
  }

  /** Executes and decides for every run of a session: what is open now, and all that comes. */
  lend(sessionId: string, options: LendOptions = {}): Lending {
    const line = new Line(this.#options.signal, options.signal);
    const ended = this.#lend(sessionId, options, line).finally(() => line.close());
    ended.catch(() => undefined); // a caller who does not look at it must not be ended by it
    return {
      ended,
      close: () => {
        line.abort();
        return ended;
      },
    };
  }

  async #stay(sessionId: string, runId: string, open: Open, options: StayOptions): Promise<Outcome> {
    const line = new Line(this.#options.signal, options.signal);
    const { signal } = line;
    const hands = this.#hands(options, line, (error) => line.abort(error));
    try {
      for (;;) {
        hands.expect(open);
        const outcome = await this.#follow(runId, hands, signal, options.onEvent);
        if (outcome) return outcome;
        signal.throwIfAborted();
        ({ open } = await this.#look(sessionId, { signal }));
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      line.abort();
      line.close();
    }
  }

  /** @returns undefined where the log was set back, and the run is to be read from its beginning */
  async #follow(
    runId: string,
    hands: Hands,
    signal: AbortSignal,
    onEvent: StayOptions['onEvent'],
  ): Promise<Outcome | undefined> {
    const transcript = new Transcript();
    for await (const event of this.runs.events(runId, { signal })) {
      transcript.apply(event);
      await onEvent?.(event);
      if (event.type === 'stream.reset') return undefined;
      hands.take(event);
      if (event.type !== 'run.finished') continue;
      const { status, error, usage } = event.data;
      const texts = transcript
        .messages()
        .flatMap(({ role, text }) => (role === 'assistant' && text ? [text] : []));
      return { runId, status, usage, texts, ...(error && { error }) };
    }
    return undefined;
  }

  async #lend(sessionId: string, options: LendOptions, line: Line): Promise<void> {
    const { signal } = line;
    let failure: { error: unknown } | undefined;
    const hands = this.#hands(options, line, (error) => {
      failure ??= { error };
      line.abort(error);
    });
    try {
      const upTo = await this.#catchUp(sessionId, hands, signal);
      for await (const event of this.events(sessionId, { after: options.after ?? String(upTo), signal })) {
        await options.onEvent?.(event);
        if (event.type === 'stream.reset') await this.#catchUp(sessionId, hands, signal);
        else hands.take(event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      line.abort();
    }
    if (failure) throw failure.error;
  }

  /** Does what a session waits for now; @returns up to which event that is all */
  async #catchUp(sessionId: string, hands: Hands, signal: AbortSignal): Promise<number> {
    const { runId, open } = await this.#look(sessionId, { signal, retryFor: Infinity });
    hands.expect(open);
    const missing = new Set(open.ids);
    if (runId === undefined || missing.size === 0) return open.upTo;
    for await (const event of this.runs.events(runId, { signal })) {
      hands.take(event);
      missing.delete(askedBy(event) ?? '');
      if (missing.size === 0) break;
    }
    return open.upTo;
  }

  /** What a session waits for. */
  async #look(
    sessionId: string,
    options: RequestOptions,
  ): Promise<{ runId: string | undefined; open: Open }> {
    const { active_run: run, last_event_id: newest } = await this.sessions.get(sessionId, options);
    const ids = new Set<string>();
    for (const { kind, id } of run?.waiting_for ?? []) if (kind === 'tool_result') ids.add(id);
    if (run?.waiting_for.some(({ kind }) => kind !== 'tool_result')) {
      // Of a plan the session names the plan; which version is in review, its approval says.
      for await (const approval of this.sessions.approvals(sessionId, { status: 'pending' }, options)) {
        if (approval.run_id === run.id) ids.add(approval.id);
      }
    }
    return { runId: run?.id, open: { upTo: Number(newest), ids } };
  }

  #hands(lent: Lent, line: Line, onFailure: (error: unknown) => void): Hands {
    return new Hands(this.#resources, lent, {
      journal: lent.journal ?? this.#journal,
      atWork: this.#atWork,
      clientId: this.clientId,
      signal: line.signal,
      onFailure,
    });
  }
}
