import { Page, PageRequest } from '../../../shared/application/page.js';
import { EventCatalogue, EventType } from '../../../shared/domain/domain-event.js';
import { LlmCall } from '../../models/index.js';
import { RunStatus } from '../domain/run.states.js';
import { RunState } from '../domain/run.js';

/** Where a run's events are in the log of its session. */
export interface RunPlace {
  readonly sessionId: string;
  readonly isFinal: boolean;
  /** Its first event comes after this one. */
  readonly eventsAfter: number;
}

/** A run as whoever carries it out finds it. */
export interface RunAtWork extends RunState {
  /** Entered in the ledger when the run was set in motion: to be asked now. */
  readonly openCall: LlmCall | null;
}

/** Runs as they are shown. */
export abstract class RunQueries {
  /** Newest first. */
  abstract list(sessionId: string, page: PageRequest): Promise<Page<RunState>>;
  /** @throws RunNotFound also when it belongs to somebody else */
  abstract view(runId: string, userId: string): Promise<RunState>;
  /** @throws RunNotFound also when it belongs to somebody else */
  abstract place(runId: string, userId: string): Promise<RunPlace>;
  /** The state of a run, for whoever carries it out. @throws RunNotFound */
  abstract state(runId: string): Promise<RunAtWork>;
  /** The user's runs in all sessions, newest first. */
  abstract listOwned(
    userId: string,
    filter: { status: RunStatus | undefined; olderThanSeconds: number | undefined },
    page: PageRequest,
  ): Promise<Page<RunState>>;
  /** Runs that nobody carries on, those that wait for longest first. */
  abstract listAbandoned(limit: number): Promise<string[]>;
  /** Whether a run waits for its turn in a session. */
  abstract hasQueued(sessionId: string): Promise<boolean>;
  /** Sessions in which a queued run could begin. */
  abstract listSessionsToStart(limit: number): Promise<string[]>;
  /** Runs with a requested tool call whose deadline has passed. */
  abstract listWithExpiredCalls(now: Date, limit: number): Promise<string[]>;
  /** The number of the first event of a type whose data holds this. */
  abstract firstSeq<Type extends EventType>(
    sessionId: string,
    type: Type,
    data: Partial<EventCatalogue[Type]>,
  ): Promise<number | undefined>;
}
