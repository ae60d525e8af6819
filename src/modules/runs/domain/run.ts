import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { elapsedMs } from '../../../shared/domain/clock.js';
import { DomainEvent, EventCatalogue } from '../../../shared/domain/domain-event.js';
import { Lease, LeaseLost, MAX_RECOVERIES } from '../../../shared/domain/lease.js';
import { MessageParts } from '../../../shared/domain/message-parts.js';
import {
  CallUsage,
  NO_CALLS,
  StoredUsage,
  TokenUsage,
  callUsageView,
  sumOfUsage,
} from '../../../shared/domain/token-usage.js';
import { Classification } from './classification.js';
import { COMPLETION, FAILURE, PhaseEvent, RunPhase, runPhase } from './run-phase.states.js';
import { FinalRunStatus, RUN_ENDINGS, RunAction, RunEnding, RunStatus, runStatus } from './run.states.js';
import { RunTransitionNotAllowed } from './run.errors.js';
import { RunEvents } from './run.events.js';
import { SteerEvents } from './steer.events.js';
import { textOfSteers } from './steer.js';

/** With more switches, the agents hand over in a circle. */
const MAX_SWITCHES = 50;
/** Consecutive replies with invalid tool calls; one more ends the run. */
const MAX_INVALID_REPLIES = 3;

/** A message sent while another run was active: the run starts with it when its turn comes. */
export type QueuedInput = {
  content: string;
  /** What the content consists of; unset = of the user's words alone. */
  parts?: MessageParts | null;
  agent: string | null;
  /** What was said to the run before, of which the content consists. */
  steers?: { id: string; content: string }[];
};

/** The model that a user chose, and how much it is to reason; null = nothing chosen. */
export interface ModelChoice {
  /** The id of a model. */
  readonly model: string | null;
  readonly reasoningEffort: string | null;
}

const NO_CHOICE: ModelChoice = { model: null, reasoningEffort: null };

/** A model that failed, and the one that answers in its place. */
export type ModelSwitch = { from: string; to: string };

/** An agent that answers in a run. */
export interface AnsweringAgent {
  readonly id: string;
  readonly version: number;
  /** The model that answers for it, unless the user chose one; null = decided with each call. */
  readonly model: string | null;
}

export type WaitingFor = { kind: 'tool_result' | 'approval' | 'plan_decision'; id: string };

/** Why a run failed. The message may be shown to clients. */
export type RunError = {
  code: string;
  message: string;
  /** When it makes sense to ask the model again, if that is known: ISO 8601. */
  retryAt?: string;
  /** The provider's name of the failure: at most 64 characters of `[a-z0-9_.-]`. */
  providerCode?: string;
};

export const INTERNAL_ERROR: RunError = {
  code: 'run.internal_error',
  message: 'The run failed inside the server',
};
export const PERSISTENCE_FAILED: RunError = {
  code: 'run.persistence_failed',
  message: 'The outcome of the run could not be stored',
};
export const RECOVERY_EXHAUSTED: RunError = {
  code: 'run.recovery_exhausted',
  message: `The server process died ${MAX_RECOVERIES + 1} times while executing this step`,
};
export const SWITCH_LIMIT: RunError = {
  code: 'agent.switch_limit',
  message: `The agent was switched more than ${MAX_SWITCHES} times in one run`,
};
export const ARGUMENTS_INVALID: RunError = {
  code: 'tool.arguments_invalid',
  message: 'The model kept calling tools with invalid arguments',
};

export type RunUsage = StoredUsage &
  Pick<CallUsage, 'modelCalls'> & {
    /** Of the calls: those of which nothing is known, as their process died or has lost them; unset = none. */
    readonly unknownCalls?: number;
  };

export interface RunState {
  readonly id: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly phase: RunPhase;
  readonly agent: string;
  /** The versions of the agents that had a turn, which it keeps to its end: by agent. */
  readonly agentVersions: Readonly<Record<string, number>>;
  /** Of the list of clients' tools that it uses to its end; null = none, also before it begins. */
  readonly toolsDigest: string | null;
  /** Of the workspace that its agents are told of to its end; null = none, also before it begins. */
  readonly workspaceDigest: string | null;
  /** The id of the model that answers, also after recovery; null = decided with each call. */
  readonly model: string | null;
  /** Whether the user chose the model: other agents keep it then. */
  readonly modelChosen: boolean;
  /** In their order. They hold for the rest of the run. */
  readonly modelSwitches: ModelSwitch[];
  /** The effort of reasoning that the user chose. */
  readonly reasoningEffort: string | null;
  readonly trigger: string;
  /** The job it belongs to: it is executed in the background, beside the session's active run. */
  readonly jobId: string | null;
  /** The plan that it made or executes. */
  readonly planId: string | null;
  readonly waitingFor: WaitingFor[];
  readonly error: RunError | null;
  readonly usage: RunUsage;
  readonly switches: number;
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

interface NewRun {
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

/** How a run becomes active. */
export interface Activation {
  readonly agent: AnsweringAgent;
  /** Of the session: counts where the message has none. */
  readonly choice: ModelChoice;
  /** Of the tools that clients declare now; unset = it uses none. */
  readonly toolsDigest?: string | null;
  /** Of the workspace that the session has now; unset = none. */
  readonly workspaceDigest?: string | null;
  /** Whether the agent is to be chosen, is known already, or retries a plan. */
  readonly entry: 'receive_message' | 'receive_directed_message' | 'retry_plan';
  readonly lease: Lease;
  readonly now: Date;
}

/** The processing of one user input: orchestration until a final state. */
export class Run extends AggregateRoot {
  /** Of a run that has ended and not told so. */
  #ending: FinalRunStatus | undefined;

  private constructor(private state: RunState) {
    super();
  }

  /** A queued run. */
  static create(given: NewRun): Run {
    const { model, reasoningEffort } = given.choice ?? NO_CHOICE;
    return new Run({
      id: given.id,
      sessionId: given.sessionId,
      userId: given.userId,
      status: 'queued',
      phase: 'idle',
      agent: given.agent,
      agentVersions: given.agentVersions ?? {},
      toolsDigest: null,
      workspaceDigest: null,
      model,
      modelChosen: model !== null,
      modelSwitches: [],
      reasoningEffort,
      trigger: given.trigger,
      jobId: given.jobId ?? null,
      planId: given.planId ?? null,
      waitingFor: [],
      error: null,
      usage: NO_CALLS,
      switches: 0,
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
  }

  static restore(state: RunState): Run {
    return new Run(state);
  }

  activate({
    agent,
    choice,
    toolsDigest = null,
    workspaceDigest = null,
    entry,
    lease,
    now,
  }: Activation): void {
    this.moveStatus('start');
    const { model: asked, reasoningEffort } = this.state;
    const model = asked ?? choice.model;
    this.change({
      input: null,
      startedAt: now,
      toolsDigest,
      workspaceDigest,
      model,
      modelChosen: model !== null,
      reasoningEffort: reasoningEffort ?? choice.reasoningEffort,
    });
    this.answerAs(agent);
    this.setLease(lease);
    this.recordEvent('run.started', { agent: agent.id, trigger: this.state.trigger });
    this.movePhase(entry);
  }

  /** Another process takes it over, from its last recorded step. */
  recover(lease: Lease): void {
    const { attempt, recoveries, leaseToken } = this.state;
    // A released lease does not count: its process has not died in this step.
    this.change({ attempt: attempt + 1, recoveries: leaseToken === null ? recoveries : recoveries + 1 });
    this.setLease(lease);
  }

  /** Whether it was recovered too often: its next step may be what crashes processes. */
  get isExhausted(): boolean {
    return this.state.recoveries > MAX_RECOVERIES;
  }

  /** @param token null for a process that has no lease. @throws LeaseLost */
  requireLease(token: string | null): void {
    if (token === null || this.state.leaseToken !== token) throw new LeaseLost(`run ${this.id}`);
  }

  snapshot(): RunState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get agent(): string {
    return this.state.agent;
  }

  get isFinal(): boolean {
    return runStatus.isFinal(this.state.status);
  }

  get isCancelRequested(): boolean {
    return this.state.cancelRequestedAt !== null;
  }

  /** Records the classification, and switches to the agent for it. */
  classify(result: Classification, agent: AnsweringAgent): void {
    this.change({ recoveries: 0 });
    if (result.isAtomic) {
      this.movePhase('is_atomic_true', result.reason);
    } else {
      this.movePhase('is_atomic_false', result.reason);
      this.movePhase('route_to_architect');
    }
    this.switchTo(agent);
  }

  get maySwitchAgent(): boolean {
    return this.state.switches < MAX_SWITCHES;
  }

  /** Continues with another agent. */
  switchTo(agent: AnsweringAgent): void {
    this.change({ switches: this.state.switches + 1 });
    this.answerAs(agent);
  }

  /** Continues with another model, since the one that answered has failed. @param reason the code of its failure */
  switchModel({ from, to }: ModelSwitch, reason: string): void {
    this.change({ model: to, modelSwitches: [...this.state.modelSwitches, { from, to }] });
    this.recordEvent('model.switched', { from, to, reason });
  }

  /** Whether another model call is allowed. */
  mayCallModel(limit: number): boolean {
    return this.state.usage.modelCalls < limit;
  }

  countModelCall(): void {
    this.change({ usage: { ...this.state.usage, modelCalls: this.state.usage.modelCalls + 1 } });
  }

  addUsage(used: TokenUsage | null): void {
    const { usage } = this.state;
    this.change({ usage: { ...usage, ...sumOfUsage(usage, used) } });
  }

  /** Calls have ended of which nothing is known. */
  loseModelCalls(count: number): void {
    if (count === 0) return;
    const { usage } = this.state;
    this.change({ usage: { ...usage, unknownCalls: unknownCallsOf(usage) + count } });
  }

  /** Counts consecutive invalid replies; `false` if there are too many. */
  countReply(validity: 'valid' | 'invalid'): boolean {
    const invalidReplies = validity === 'valid' ? 0 : this.state.invalidReplies + 1;
    this.change({ invalidReplies, recoveries: 0 });
    return invalidReplies <= MAX_INVALID_REPLIES;
  }

  /** Waits for a human to decide on the plan. */
  reviewPlan(planId: string): void {
    this.change({ planId });
    this.movePhase('plan_created');
    this.wait([{ kind: 'plan_decision', id: planId }]);
  }

  /** The plan is approved: executes it. */
  executePlan(lease: Lease): void {
    this.resume('plan_decision', lease);
    this.movePhase('plan_approved');
  }

  /** A human wants changes: the architect plans again. */
  planAgain(reason: string | undefined, lease: Lease): void {
    this.resume('plan_decision', lease);
    this.movePhase('plan_modification_requested', reason);
  }

  /** Starts or restarts a subtask of the plan. */
  workAs(agent: AnsweringAgent): void {
    this.change({ invalidReplies: 0, recoveries: 0 });
    this.answerAs(agent);
  }

  /** Retries a failed subtask. */
  retrySubtask(reason: string): void {
    this.movePhase('plan_execution_failed', reason);
    this.movePhase('retry_subtask', reason);
  }

  wait(waitingFor: WaitingFor[]): void {
    this.moveStatus('wait');
    this.setLease(null);
    this.updateWaiting(waitingFor);
  }

  /** Changes what the run waits for, when one of several answers has arrived. */
  updateWaiting(waitingFor: WaitingFor[]): void {
    this.change({ waitingFor });
    this.recordEvent('run.waiting', { for: waitingFor });
  }

  resume(by: string, lease: Lease): void {
    this.moveStatus('resume');
    this.change({ waitingFor: [], recoveries: 0 });
    this.setLease(lease);
    this.recordEvent('run.resumed', { by });
  }

  complete(now: Date, reason?: string): void {
    const event = COMPLETION[this.state.phase];
    if (!event) throw this.refusal('complete', this.state.phase, runPhase.actions(this.state.phase));
    this.movePhase(event, reason);
    this.finish('complete', null, now);
  }

  fail(error: RunError, now: Date): void {
    this.giveUp(error.code);
    this.finish('fail', error, now);
  }

  exhaustModelCalls(limit: number, now: Date): void {
    this.giveUp('run.model_call_limit');
    const message = `The run has used up its ${limit} model calls`;
    this.finish('exhaust_model_calls', { code: 'run.model_call_limit', message }, now);
  }

  /** Ends the run because its process is shut down. */
  interrupt(now: Date): void {
    this.giveUp('run.interrupted');
    this.finish('interrupt', { code: 'run.interrupted', message: 'The server was stopped' }, now);
  }

  /** Asks the executing process to end the run. */
  requestCancel(now: Date): void {
    this.change({ cancelRequestedAt: now });
  }

  /** Takes back a part of the message of a queued run. Without another part the run is cancelled. */
  withdrawSteer(steerId: string, now: Date): void {
    const { input } = this.state;
    const steers = input?.steers?.filter(({ id }) => id !== steerId) ?? [];
    if (!input || steers.length === 0) return this.cancel(now);
    this.change({ input: { ...input, steers, content: textOfSteers(steers) } });
    this.recordEvent('steer.withdrawn', { steer_id: steerId });
  }

  cancel(now: Date): void {
    this.giveUp('cancelled');
    this.finish('cancel', null, now);
  }

  /** A model that the user chose answers for all agents of the run. */
  private answerAs({ id, version, model }: AnsweringAgent): void {
    const { agentVersions, modelChosen } = this.state;
    this.change({
      agent: id,
      agentVersions: { [id]: version, ...agentVersions },
      ...(!modelChosen && { model: this.inPlaceOf(model) }),
    });
  }

  /** The model itself, unless it has failed in this run. */
  private inPlaceOf(model: string | null): string | null {
    return this.state.modelSwitches.reduce((now, { from, to }) => (now === from ? to : now), model);
  }

  private giveUp(reason: string): void {
    const event = FAILURE[this.state.phase];
    if (event) this.movePhase(event, reason);
    if (this.state.phase === 'error_handling') this.movePhase('give_up', reason);
  }

  private finish(ending: RunEnding, error: RunError | null, now: Date): void {
    this.moveStatus(ending);
    for (const { id } of this.state.input?.steers ?? [])
      this.recordEvent('steer.withdrawn', { steer_id: id });
    this.change({ error, finishedAt: now, waitingFor: [], input: null });
    this.setLease(null);
    this.#ending = RUN_ENDINGS[ending];
  }

  /** The end is told last: what closes the run may still lose calls of it. */
  override pullEvents(): DomainEvent[] {
    if (this.#ending) this.recordEnd(this.#ending);
    this.#ending = undefined;
    return super.pullEvents();
  }

  private recordEnd(status: FinalRunStatus): void {
    const { error, usage, createdAt, finishedAt } = this.state;
    this.recordEvent('run.finished', {
      status,
      ...(error && { error: errorView(error) }),
      usage: callUsageView(usage),
      unknown_calls: unknownCallsOf(usage),
      duration_ms: elapsedMs(createdAt, finishedAt ?? createdAt),
    });
  }

  private moveStatus(action: RunAction): void {
    const status = runStatus.next(this.state.status, action);
    if (!status) throw this.refusal(action, this.state.status, runStatus.actions(this.state.status));
    this.change({ status });
  }

  private movePhase(event: PhaseEvent, reason?: string): void {
    const from = this.state.phase;
    const to = runPhase.next(from, event);
    if (!to) throw this.refusal(event, from, runPhase.actions(from));
    this.change({ phase: to });
    this.recordEvent('run.phase_changed', { from, to, event, ...(reason && { reason }) });
  }

  private refusal(what: string, state: string, allowed: readonly string[]): RunTransitionNotAllowed {
    return new RunTransitionNotAllowed(this.id, what, state, allowed);
  }

  private setLease(lease: Lease | null): void {
    this.change({ leaseOwner: lease?.owner ?? null, leaseToken: lease?.token ?? null });
  }

  private recordEvent<Type extends keyof (RunEvents & SteerEvents)>(
    type: Type,
    data: EventCatalogue[Type],
  ): void {
    this.record<Type>({ type, sessionId: this.state.sessionId, runId: this.id, data });
  }

  private change(part: Partial<RunState>): void {
    this.state = { ...this.state, ...part };
  }
}

export const unknownCallsOf = ({ unknownCalls = 0 }: RunUsage): number => unknownCalls;

/** An error as clients see it. */
export const errorView = ({ code, message, retryAt, providerCode }: RunError) => ({
  code,
  message,
  ...(retryAt !== undefined && { retry_at: retryAt }),
  ...(providerCode !== undefined && { provider_code: providerCode }),
});
