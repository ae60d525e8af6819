import { NO_CALLS } from '../../../shared/domain/token-usage.js';
import { Answering, ModelChoice, chosen } from './answering.js';
import { QueuedInput } from './queued-input.js';
import { RunError } from './run-failure.js';
import { RunPhase } from './run-phase.states.js';
import { RunUsage } from './run-usage.js';
import { RunStatus } from './run.states.js';

/** What the client is to answer before a run goes on. */
export type WaitingFor = { kind: 'tool_result' | 'approval' | 'plan_decision'; id: string };

/** All that is stored of a run. */
export interface RunState extends Answering {
  readonly id: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly phase: RunPhase;
  /** Of the list of clients' tools that it uses to its end; null = none, also before it begins. */
  readonly toolsDigest: string | null;
  /** Of the workspace that its agents are told of to its end; null = none, also before it begins. */
  readonly workspaceDigest: string | null;
  readonly trigger: string;
  /** The job it belongs to: it is executed in the background, beside the session's active run. */
  readonly jobId: string | null;
  /** The plan that it made or executes. */
  readonly planId: string | null;
  readonly waitingFor: WaitingFor[];
  readonly error: RunError | null;
  readonly usage: RunUsage;
  /** Consecutive replies with invalid tool calls. */
  readonly invalidReplies: number;
  /** 1, plus one for each takeover by another process. */
  readonly attempt: number;
  /** How often the current step was restarted because the executing process had died. */
  readonly recoveries: number;
  /** The executing process; null while the run waits or is to be taken over. */
  readonly leaseOwner: string | null;
  readonly leaseToken: string | null;
  /** The `traceparent` (W3C Trace Context) of its cause; null if an older version made the run. */
  readonly traceparent: string | null;
  /** Set while the run is queued. */
  readonly input: QueuedInput | null;
  /** The number of the event before its first; null before it is stored. */
  readonly eventsAfter: number | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** A cancellation was requested; the executing process ends the run. */
  readonly cancelRequestedAt: Date | null;
  readonly version: number;
}

export interface NewRun {
  readonly id: string;
  readonly sessionId: string;
  readonly userId: string;
  /** Until the activation chooses the answering agent. */
  readonly agent: string;
  /** Of the agents that a job began with. */
  readonly agentVersions?: Readonly<Record<string, number>>;
  /** Of the message. */
  readonly choice?: ModelChoice;
  readonly trigger: string;
  readonly jobId?: string;
  readonly planId?: string;
  readonly traceparent: string;
  /** Set for a run that is queued. */
  readonly input?: QueuedInput;
  readonly now: Date;
}

/** A queued run. */
export const newRun = (given: NewRun): RunState => ({
  id: given.id,
  sessionId: given.sessionId,
  userId: given.userId,
  status: 'queued',
  phase: 'idle',
  agent: given.agent,
  agentVersions: given.agentVersions ?? {},
  switches: 0,
  ...chosen(given.choice),
  modelSwitches: [],
  toolsDigest: null,
  workspaceDigest: null,
  trigger: given.trigger,
  jobId: given.jobId ?? null,
  planId: given.planId ?? null,
  waitingFor: [],
  error: null,
  usage: NO_CALLS,
  invalidReplies: 0,
  attempt: 1,
  recoveries: 0,
  leaseOwner: null,
  leaseToken: null,
  traceparent: given.traceparent,
  input: given.input ?? null,
  eventsAfter: null,
  createdAt: given.now,
  startedAt: null,
  finishedAt: null,
  cancelRequestedAt: null,
  version: 1,
});
