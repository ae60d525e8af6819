import { Page, PageRequest } from '../../../shared/application/page.js';
import { EventCatalogue, EventType } from '../../../shared/domain/domain-event.js';
import { type ClientTools } from '../../agents/index.js';
import { LlmCall } from '../../models/index.js';
import { RunStatus } from '../domain/run.states.js';
import { RunState } from '../domain/run-state.js';
import { ToolCallState } from '../domain/tool-call-state.js';

/** The position of a run's events in the log of its session. */
export interface RunPlace {
  readonly sessionId: string;
  readonly isFinal: boolean;
  /** Its first event comes after this one. */
  readonly eventsAfter: number;
}

/** A session whose title a model may improve. */
export interface TitledSession {
  readonly sessionId: string;
  readonly userId: string;
  /** The one that gave the first answer. */
  readonly agent: string;
}

/** A run as its executing process reads it. */
export interface RunAtWork extends RunState {
  /** The model call that was opened when the run was activated or resumed, to be made now. */
  readonly openCall: LlmCall | null;
  /** What the session's client executes, where that was just read. */
  readonly client?: ClientTools;
}

/** What was known when a run was stored, so that it is not read again. */
export type JustStored = Pick<RunAtWork, 'openCall' | 'client'>;

/** Read access to runs. */
export abstract class RunQueries {
  /** Newest first. */
  abstract list(sessionId: string, page: PageRequest): Promise<Page<RunState>>;
  /** @throws RunNotFound also when it belongs to another user */
  abstract view(runId: string, userId: string): Promise<RunState>;
  /** @throws RunNotFound also when it belongs to another user */
  abstract place(runId: string, userId: string): Promise<RunPlace>;
  /** The state of a run, for the process that executes it. @throws RunNotFound */
  abstract state(runId: string): Promise<RunAtWork>;
  /** The user's runs in all sessions, newest first. */
  abstract listOwned(
    userId: string,
    filter: { status: RunStatus | undefined; olderThanSeconds: number | undefined },
    page: PageRequest,
  ): Promise<Page<RunState>>;
  /** The session of a run that gave its first answer, if its title is still that of the first message. */
  abstract firstAnswered(runId: string): Promise<TitledSession | undefined>;
  /** Running runs without a valid lease, longest without one first. */
  abstract listAbandoned(limit: number): Promise<string[]>;
  /** Whether a session has a queued run. */
  abstract hasQueued(sessionId: string): Promise<boolean>;
  /** Sessions with a queued run and no active one. */
  abstract listSessionsToStart(limit: number): Promise<string[]>;
  /** Runs that have ended although something waits for them, as those of processes that do not know of it. */
  abstract listWithSteersLeft(limit: number): Promise<string[]>;
  /** Runs with a requested tool call whose deadline has passed, or whose tool no client declares any more. */
  abstract listWithExpiredCalls(limit: number): Promise<string[]>;
  /** The tool calls of a session's active run that are not settled, oldest first. */
  abstract listOpenCalls(sessionId: string, page: PageRequest): Promise<Page<ToolCallState>>;
  /** Runs with a tool call whose claim was not renewed in time. */
  abstract listWithLapsedClaims(limit: number): Promise<string[]>;
  /** The number of the first event of a type whose data contains this. */
  abstract firstSeq<Type extends EventType>(
    sessionId: string,
    type: Type,
    data: Partial<EventCatalogue[Type]>,
  ): Promise<number | undefined>;
}
