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
import { KeptEvents } from './kept-events.ts';
import { type CallStatus, SessionCalls } from './session-calls.ts';
import { type FinishedRun, SessionRuns } from './session-runs.ts';

/** How many messages are read at first, from the newest back: more than a screen of them. */
const FIRST_PAGE = 60;
/** How many are read then at a time. */
const PAGE = 100;

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
  /** Steering messages that wait for the next model call of the active run: the text, by id. */
  readonly steers: ReadonlyMap<string, string>;
  readonly todos: readonly Todo[];
  readonly activeRun: Session['active_run'];
  readonly lastRun: FinishedRun | null;
  readonly hasOlder: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
}

/** The events of text that is stored as a message only when it is completed. */
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
 * One session: its stored state, and the events after it. It does not depend on React, which is notified at most once
 * per frame.
 */
export class SessionStore {
  readonly id: string;
  /** Ends requests in progress. */
  #closing = new AbortController();
  #transcript = new Transcript();
  #older: ShownMessage[] = [];
  #nextCursor: string | null = null;
  readonly #calls = new SessionCalls();
  readonly #runs = new SessionRuns();
  #cursor = '0';
  /** Changes of events up to this one are already in the session that was read. */
  #upTo = 0;
  readonly #kept = new KeptEvents();
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

  /** Reads the stored state, one read at a time. Events continue after `cursor`. @returns whether it could be read */
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
      const messages = page.data.toReversed();
      this.#calls.take(messages);
      before.load(messages);
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
    this.#kept.add(event);
    // An active run is read from its beginning for its unfinished message; the rest of it is known.
    if (Number(event.id) <= this.#upTo) this.#takeUp(event);
    else {
      if (!this.#isStored(event)) this.#transcript.apply(event);
      this.#note(event);
    }
    this.#tell();
  }

  /** @returns null if a part of it is deleted */
  since(cursor: string): readonly RuntimeEvent[] | null {
    return this.#isLoading ? null : this.#kept.since(cursor);
  }

  #begin(session: Session, messages: readonly Message[], open: readonly OpenToolCall[]): void {
    this.#transcript = new Transcript();
    this.#older = [];
    this.#transcript.load(messages, session);
    this.#calls.begin(messages, session, open);
    const { active_run: run } = session;
    this.#runs.begin(run);
    // An unfinished message is in the events of its run; a waiting run has none.
    this.#cursor = run?.status === 'running' ? run.first_event_id : session.last_event_id;
    this.#upTo = Number(session.last_event_id);
    this.#kept.begin(this.#cursor, run?.id);
    this.#error = null;
    this.#isLoading = false;
    this.#tell();
  }

  /** Takes the unfinished message. A completed one is stored, perhaps on a page that is not read yet. */
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
    this.#calls.note(event);
    this.#runs.note(event);
    this.#kept.note(event);
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
      ...this.#calls.shown(),
      answers,
      steers: new Map(this.#transcript.steers),
      todos: this.#transcript.todos,
      ...this.#runs.shown(),
      hasOlder: this.#nextCursor !== null,
      isLoading: this.#isLoading,
      error: this.#error,
    };
    for (const listener of this.#listeners) listener();
  };
}

const waitsForCalls = ({ active_run: run }: Session): boolean =>
  run?.waiting_for.some(({ kind }) => kind === 'tool_result') ?? false;
