import {
  type Message,
  type OpenToolCall,
  type RuntimeEvent,
  type Session,
  type ShownMessage,
  Transcript,
} from '@agent-runtime/client';
import type { Todo } from '../ui/todo-list.tsx';
import { queryClient, session as sessionQuery } from '../app/queries.ts';
import { isSignedOut, runtime } from '../app/runtime.ts';
import { holdersOf } from './holders-of.ts';

/** How many messages are read at first, from the newest back: more than a screen of them. */
const FIRST_PAGE = 60;
/** How many are read then at a time. */
const PAGE = 100;
/** Events that the leading tab keeps for those that join, beside those of runs that are at work. */
const KEPT = 500;

export type CallStatus =
  'waits_for_you' | 'requested' | 'completed' | 'failed' | 'rejected' | 'expired' | 'cancelled';

/** What a session looks like at one moment. Never changed: what an event changes is another object. */
export interface Shown {
  readonly messages: readonly ShownMessage[];
  /** By the id of the call; a call without one is at work, or not carried out yet. */
  readonly calls: ReadonlyMap<string, CallStatus>;
  readonly answers: ReadonlyMap<string, ShownMessage>;
  /** The calls whose answer is shown by its beginning and its end. */
  readonly cut: ReadonlySet<string>;
  /** Who executes a call that is requested, by the id of the call. */
  readonly claims: ReadonlyMap<string, string>;
  /** What was said to the run at work and waits until its agent is asked next: the text, by id. */
  readonly steers: ReadonlyMap<string, string>;
  readonly todos: readonly Todo[];
  readonly activeRun: Session['active_run'];
  readonly lastRun: FinishedRun | null;
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
}

export interface FinishedRun {
  readonly id: string;
  readonly status: string;
  readonly error: string | null;
  readonly tokens: number;
}

/** What says something that is not stored before it is completed. */
const SAYS: ReadonlySet<string> = new Set([
  'message.started',
  'message.delta',
  'message.reasoning_delta',
  'tool_call.drafted',
  'message.completed',
  'message.discarded',
]);

const EMPTY: Shown = {
  messages: [],
  calls: new Map(),
  answers: new Map(),
  cut: new Set(),
  claims: new Map(),
  steers: new Map(),
  todos: [],
  activeRun: null,
  lastRun: null,
  hasOlder: false,
  isLoading: true,
  error: null,
};

/**
 * One session: what is stored, and the events that follow it. It knows nothing of React, which is told at most once in a
 * frame.
 */
export class SessionStore {
  readonly id: string;
  /** Ends what is on its way. */
  #closing = new AbortController();
  #transcript = new Transcript();
  #older: ShownMessage[] = [];
  #nextCursor: string | null = null;
  #calls = new Map<string, CallStatus>();
  #cut = new Set<string>();
  #claims = new Map<string, string>();
  #todos: readonly Todo[] = [];
  #cursor = '0';
  /** What events up to this one have changed was read with the session. */
  #upTo = 0;
  /** What has come since `#keptFrom`, for tabs that join. */
  #kept: RuntimeEvent[] = [];
  #keptFrom = '0';
  #atWork = new Set<string>();
  #activeRun: Session['active_run'] = null;
  #lastRun: FinishedRun | null = null;
  #isLoading = true;
  #loading: Promise<boolean> | undefined;
  #error: unknown = null;
  #shown = EMPTY;
  #isPlanned = false;
  readonly #listeners = new Set<() => void>();

  constructor(id: string) {
    this.id = id;
  }

  close(): void {
    this.#loading = undefined;
    this.#closing.abort();
    this.#closing = new AbortController();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly get = (): Shown => this.#shown;

  get cursor(): string {
    return this.#cursor;
  }

  get isLoaded(): boolean {
    return !this.#isLoading && this.#error === null;
  }

  /** Reads what is stored, once at a time. Events after `cursor` go on from there. @returns whether it could be read */
  load(): Promise<boolean> {
    const loading = (this.#loading ??= this.#read().finally(() => {
      if (this.#loading === loading) this.#loading = undefined;
    }));
    return loading;
  }

  async #read(): Promise<boolean> {
    const { signal } = this.#closing;
    try {
      const options = { signal, retryFor: Infinity };
      const session = await runtime.sessions.get(this.id, options);
      queryClient.setQueryData(sessionQuery(this.id).queryKey, session);
      const [page, open] = await Promise.all([
        runtime.sessions.messages(this.id, { order: 'desc', limit: FIRST_PAGE }, options).page(),
        waitsForCalls(session) ? runtime.toolCalls.list(this.id, undefined, options).all() : [],
      ]);
      this.#begin(session, page.data.toReversed(), open);
      this.#nextCursor = page.has_more ? page.next_cursor : null;
      return true;
    } catch (error) {
      if (!signal.aborted && !isSignedOut.get()) this.fail(error);
      return false;
    }
  }

  async loadOlder(): Promise<void> {
    const cursor = this.#nextCursor;
    if (cursor === null) return;
    this.#nextCursor = null; // not twice
    const { signal } = this.#closing;
    const list = runtime.sessions.messages(this.id, { order: 'desc', limit: PAGE }, { signal });
    try {
      const page = await list.page(cursor);
      const before = new Transcript();
      before.load(this.#noteCalls(page.data.toReversed()));
      this.#older = [...before.messages(), ...this.#older];
      this.#nextCursor = page.has_more ? page.next_cursor : null;
    } catch (error) {
      if (signal.aborted) return;
      this.#nextCursor = cursor;
      throw error;
    } finally {
      this.#tell();
    }
  }

  fail(error: unknown): void {
    this.#error = error;
    this.#isLoading = false;
    this.#tell();
  }

  apply(event: RuntimeEvent): void {
    if (event.type === 'stream.reset') {
      void this.load();
      return;
    }
    if (Number(event.id) <= Number(this.#cursor)) return;
    this.#cursor = event.id;
    this.#keep(event);
    // A run that is at work is read from its beginning, for the answer that is half said: the rest of it is known.
    if (Number(event.id) <= this.#upTo) this.#takeUp(event);
    else {
      if (!this.#isStored(event)) this.#transcript.apply(event);
      this.#note(event);
    }
    this.#tell();
  }

  /** @returns null where some of it is not kept any more */
  since(cursor: string): readonly RuntimeEvent[] | null {
    if (this.#isLoading || Number(cursor) < Number(this.#keptFrom)) return null;
    return this.#kept.filter(({ id }) => Number(id) > Number(cursor));
  }

  #begin(session: Session, messages: readonly Message[], open: readonly OpenToolCall[]): void {
    this.#transcript = new Transcript();
    this.#older = [];
    this.#calls = new Map();
    this.#cut = new Set();
    this.#transcript.load(this.#noteCalls(messages), session.steers);
    this.#todos = session.todos ?? [];
    this.#activeRun = session.active_run;
    const { active_run: run } = session;
    for (const { kind, id } of run?.waiting_for ?? []) {
      if (kind === 'tool_result') this.#calls.set(id, 'requested');
    }
    this.#claims = holdersOf(open);
    // What is half said is in the events of its run; a run that waits says nothing.
    this.#cursor = run?.status === 'running' ? run.first_event_id : session.last_event_id;
    this.#upTo = Number(session.last_event_id);
    this.#keptFrom = this.#cursor;
    this.#kept = [];
    this.#atWork = new Set(run ? [run.id] : []);
    this.#error = null;
    this.#isLoading = false;
    this.#tell();
  }

  #noteCalls(messages: readonly Message[]): readonly Message[] {
    for (const { call_id: id, call_status: status, truncated } of messages) {
      if (id && status) this.#calls.set(id, status);
      if (id && truncated) this.#cut.add(id);
    }
    return messages;
  }

  /** Takes what is half said. A message that is completed by now is stored, perhaps on a page that is not read yet. */
  #takeUp(event: RuntimeEvent): void {
    if (!SAYS.has(event.type) || this.#isStored(event)) return;
    if (event.type === 'message.completed') {
      const data = { message_id: event.data.message_id, reason: 'stored' };
      this.#transcript.apply({ ...event, type: 'message.discarded', data });
    } else this.#transcript.apply(event);
  }

  #isStored({ data }: RuntimeEvent): boolean {
    const { message_id: id } = Object(data) as { message_id?: string };
    return id !== undefined && (this.#transcript.get(id)?.isComplete ?? false);
  }

  #note(event: RuntimeEvent): void {
    switch (event.type) {
      case 'message.created':
        this.#noteCalls([event.data.message]);
        break;
      case 'approval.requested':
        if (event.data.approval.call_id) this.#calls.set(event.data.approval.call_id, 'waits_for_you');
        break;
      case 'tool_call.requested':
        this.#calls.set(event.data.call_id, 'requested');
        break;
      case 'tool_call.claimed':
        this.#claims.set(event.data.call_id, event.data.client_id);
        break;
      case 'tool_call.released':
        this.#claims.delete(event.data.call_id);
        if (!event.data.needs_approval) this.#calls.set(event.data.call_id, 'requested');
        break;
      case 'tool_call.settled':
        this.#calls.set(event.data.call_id, event.data.status);
        this.#claims.delete(event.data.call_id);
        break;
      case 'todos.updated':
        this.#todos = event.data.items;
        break;
      case 'run.started':
        if (event.run_id) this.#atWork.add(event.run_id);
        if (event.run_id && event.data.trigger !== 'job') {
          this.#activeRun = {
            id: event.run_id,
            status: 'running',
            phase: 'classify',
            agent: event.data.agent,
            waiting_for: [],
            first_event_id: event.id,
            created_at: event.created_at,
          };
        }
        break;
      case 'run.phase_changed':
        this.#changeRun(event.run_id, { phase: event.data.to });
        break;
      case 'agent.switched':
        this.#changeRun(event.run_id, { agent: event.data.to });
        break;
      case 'run.waiting':
        this.#changeRun(event.run_id, { status: 'waiting', waiting_for: event.data.for });
        break;
      case 'run.resumed':
        this.#changeRun(event.run_id, { status: 'running', waiting_for: [] });
        break;
      case 'run.finished':
        if (event.run_id) this.#atWork.delete(event.run_id);
        if (event.run_id && event.run_id === this.#activeRun?.id) {
          const { status, error, usage } = event.data;
          this.#activeRun = null;
          this.#lastRun = {
            id: event.run_id,
            status,
            error: error?.message ?? null,
            tokens: usage.total_tokens,
          };
        }
        break;
      default:
    }
  }

  #changeRun(id: string | null, change: Partial<NonNullable<Session['active_run']>>): void {
    if (this.#activeRun && this.#activeRun.id === id) this.#activeRun = { ...this.#activeRun, ...change };
  }

  #keep(event: RuntimeEvent): void {
    this.#kept.push(event);
    if (this.#atWork.size > 0 || this.#kept.length < 2 * KEPT) return;
    const gone = this.#kept.splice(0, this.#kept.length - KEPT);
    this.#keptFrom = gone.at(-1)!.id;
  }

  #tell(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    // A hidden page gets no frames.
    if (document.visibilityState === 'visible') requestAnimationFrame(this.#show);
    else setTimeout(this.#show, 250);
  }

  readonly #show = (): void => {
    this.#isPlanned = false;
    const all = [...this.#older, ...this.#transcript.messages()];
    const answers = new Map(all.flatMap((message) => (message.callId ? [[message.callId, message]] : [])));
    this.#shown = {
      messages: all.filter(({ role }) => role !== 'tool'),
      calls: new Map(this.#calls),
      answers,
      cut: new Set(this.#cut),
      claims: new Map(this.#claims),
      steers: new Map(this.#transcript.steers),
      todos: this.#todos,
      activeRun: this.#activeRun,
      lastRun: this.#lastRun,
      hasOlder: this.#nextCursor !== null,
      isLoading: this.#isLoading,
      error: this.#error,
    };
    for (const listener of this.#listeners) listener();
  };
}

const waitsForCalls = ({ active_run: run }: Session): boolean =>
  run?.waiting_for.some(({ kind }) => kind === 'tool_result') ?? false;
