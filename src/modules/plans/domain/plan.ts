import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { EventCatalogue } from '../../../shared/domain/domain-event.js';
import { PlanState, PlanTransition } from './plan-state.js';
import { PlanAction, PlanStatus, planStatus } from './plan.states.js';
import { toPlanView } from './plan-view.js';
import { PlanTransitionNotAllowed } from './plan.errors.js';
import { PlanEvents } from './plan.events.js';
import { PlanProposal } from './plan-proposal.js';
import { SubtaskAction, subtaskStatus } from './subtask.states.js';
import { Subtask, SubtaskError, progressOf } from './subtask.js';

/** The actions of a user; all others are the runtime's. */
const HUMAN_ACTIONS: readonly PlanAction[] = ['approve', 'reject', 'request_changes', 'cancel', 'retry'];

/** A failed subtask is retried once; then its plan fails. */
const ATTEMPTS = 2;

/** The actor, time and reason of a transition. */
export interface Act {
  /** The id of its history entry. */
  readonly id: string;
  readonly by: string;
  readonly reason?: string | null;
  readonly now: Date;
}

/** A plan: proposed by the architect, approved by a user, executed by the specialists. */
export class Plan extends AggregateRoot {
  #transitions: PlanTransition[] = [];
  #changed = new Set<string>();

  private constructor(private state: PlanState) {
    super();
  }

  /** Creates a plan, always as a draft. */
  static draft(
    given: { id: string; sessionId: string; runId: string; userId: string },
    proposal: PlanProposal,
    subtaskIds: readonly string[],
    act: Act,
  ): Plan {
    const plan = new Plan({
      ...given,
      title: proposal.title,
      description: proposal.description,
      status: 'draft',
      revision: 1,
      approvalId: null,
      subtasks: [],
      createdAt: act.now,
      updatedAt: act.now,
      version: 1,
    });
    plan.fill(proposal, subtaskIds);
    plan.note('create', null, 'draft', act, null);
    plan.recordEvent('plan.created', { plan: toPlanView(plan.state) });
    return plan;
  }

  static restore(state: PlanState): Plan {
    return new Plan(state);
  }

  snapshot(): PlanState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get status(): PlanStatus {
    return this.state.status;
  }

  /** The subtask that is being executed. */
  get running(): Subtask | undefined {
    return this.state.subtasks.find(({ status }) => status === 'running');
  }

  /** Replaces the proposal after a request for changes. */
  revise(proposal: PlanProposal, subtaskIds: readonly string[], now: Date): void {
    if (this.state.status !== 'draft') throw this.refusal('revise');
    this.change({ title: proposal.title, description: proposal.description, updatedAt: now });
    this.fill(proposal, subtaskIds);
  }

  /** Submits the plan for review by the approval `approvalId`. */
  submit(approvalId: string, act: Act): void {
    if (this.state.subtasks.length === 0) throw this.refusal('submit without subtasks');
    this.move('submit', act, approvalId);
    this.recordEvent('plan.approval_required', { approval_id: approvalId, plan: toPlanView(this.state) });
  }

  approve(approvalId: string, act: Act): void {
    this.move('approve', act, approvalId);
    this.change({ approvalId });
  }

  reject(approvalId: string, act: Act): void {
    this.move('reject', act, approvalId);
  }

  /** Returns the plan to draft as the next version, which has no subtasks until it is revised. */
  requestChanges(approvalId: string, act: Act): void {
    this.move('request_changes', act, approvalId);
    this.change({ revision: this.state.revision + 1, subtasks: [] });
  }

  start(act: Act): void {
    this.move('start', act);
  }

  /** Starts the next subtask in order; undefined if none is left. Earlier ones are done by then. */
  startNext(now: Date): Subtask | undefined {
    if (this.state.status !== 'executing' || this.running) throw this.refusal('start a subtask');
    const next = this.state.subtasks.find(({ status }) => status === 'pending');
    if (!next) return undefined;
    return this.moveSubtask(next, 'start', {
      attempt: next.attempt + 1,
      startedAt: now,
      finishedAt: null,
    });
  }

  finishSubtask(result: string, now: Date): void {
    this.moveSubtask(this.requireRunning(), 'finish', { result, error: null, finishedAt: now });
  }

  /** Ends the attempt. @returns whether the subtask is retried */
  failSubtask(error: SubtaskError, now: Date): boolean {
    const failed = this.moveSubtask(this.requireRunning(), 'fail', { error, finishedAt: now });
    if (failed.attempt >= ATTEMPTS) return false;
    this.moveSubtask(failed, 'retry', { finishedAt: null });
    return true;
  }

  complete(act: Act): void {
    if (this.state.subtasks.some(({ status }) => status !== 'done')) {
      throw this.refusal('complete with subtasks that are not done');
    }
    this.move('complete', act);
  }

  /** Ends the execution; subtasks that have not started are skipped. */
  fail(error: SubtaskError, act: Act): void {
    this.require('fail');
    this.stopSubtasks(error, act.now);
    this.move('fail', { ...act, reason: error.code });
  }

  /** Resumes at the failed subtask, in another run. */
  retry(runId: string, act: Act): void {
    this.require('retry');
    this.change({ runId });
    this.move('retry', act);
    for (const subtask of this.state.subtasks) {
      if (subtask.status === 'failed' || subtask.status === 'skipped') {
        this.moveSubtask(subtask, 'retry', { attempt: 0, finishedAt: null });
      }
    }
  }

  cancel(act: Act): void {
    this.require('cancel');
    this.stopSubtasks({ code: 'plan.cancelled', message: 'The plan was cancelled' }, act.now);
    this.move('cancel', act);
  }

  /** The transitions since the last call, oldest first. */
  pullTransitions(): PlanTransition[] {
    const transitions = this.#transitions;
    this.#transitions = [];
    return transitions;
  }

  /** The subtasks that were added or changed since the last call. */
  pullSubtasks(): Subtask[] {
    const changed = this.#changed;
    this.#changed = new Set();
    return this.state.subtasks.filter(({ id }) => changed.has(id));
  }

  /** The error for an action that its status does not allow. */
  refusal(what: string): PlanTransitionNotAllowed {
    const { id, status } = this.state;
    const possible = planStatus.actions(status).filter((action) => HUMAN_ACTIONS.includes(action));
    return new PlanTransitionNotAllowed(id, what, status, possible);
  }

  private fill(proposal: PlanProposal, ids: readonly string[]): void {
    const subtasks = proposal.subtasks.map((proposed, index): Subtask => ({
      id: ids[index]!,
      revision: this.state.revision,
      position: index + 1,
      title: proposed.title,
      description: proposed.description,
      agent: proposed.agent,
      dependencies: [...new Set(proposed.dependencies)].map((on) => ids[on]!),
      estimatedMinutes: proposed.estimatedMinutes,
      status: 'pending',
      attempt: 0,
      result: null,
      error: null,
      startedAt: null,
      finishedAt: null,
    }));
    this.change({ subtasks });
    for (const { id } of subtasks) this.#changed.add(id);
  }

  private stopSubtasks(error: SubtaskError, now: Date): void {
    const { running } = this;
    if (running) this.moveSubtask(running, 'fail', { error, finishedAt: now });
    for (const subtask of this.state.subtasks) {
      if (subtask.status === 'pending') this.moveSubtask(subtask, 'skip', {});
    }
  }

  private requireRunning(): Subtask {
    const { running } = this;
    if (!running) throw this.refusal('end a subtask');
    return running;
  }

  private move(action: PlanAction, act: Act, approvalId: string | null = null): void {
    const from = this.state.status;
    const to = this.require(action);
    this.change({ status: to, updatedAt: act.now });
    this.note(action, from, to, act, approvalId);
    const data = { plan_id: this.id, from, to, ...(act.reason && { reason: act.reason }) };
    // The run of a failed plan has already recorded its last event.
    this.recordEvent(
      'plan.status_changed',
      data,
      from === 'failed' && to === 'cancelled' ? null : this.state.runId,
    );
  }

  private require(action: PlanAction): PlanStatus {
    const to = planStatus.next(this.state.status, action);
    if (!to) throw this.refusal(action);
    return to;
  }

  private moveSubtask(subtask: Subtask, action: SubtaskAction, part: Partial<Subtask>): Subtask {
    const to = subtaskStatus.next(subtask.status, action);
    if (!to) throw this.refusal(`${action} a subtask that is ${subtask.status}`);
    const moved = { ...subtask, ...part, status: to };
    this.change({ subtasks: this.state.subtasks.map((other) => (other.id === moved.id ? moved : other)) });
    this.#changed.add(moved.id);
    this.recordEvent('subtask.status_changed', {
      plan_id: this.id,
      subtask_id: moved.id,
      from: subtask.status,
      to,
      progress: { ...progressOf(this.state.subtasks) },
    });
    return moved;
  }

  private note(
    action: PlanTransition['action'],
    fromStatus: PlanStatus | null,
    toStatus: PlanStatus,
    { id, by, reason, now }: Act,
    approvalId: string | null,
  ): void {
    const { id: planId, revision } = this.state;
    const what = { action, fromStatus, toStatus, decidedBy: by, reason: reason ?? null };
    this.#transitions.push({ id, planId, revision, ...what, approvalId, createdAt: now });
  }

  private recordEvent<Type extends keyof PlanEvents>(
    type: Type,
    data: EventCatalogue[Type],
    runId: string | null = this.state.runId,
  ): void {
    this.record<Type>({ type, sessionId: this.state.sessionId, runId, data });
  }

  private change(part: Partial<PlanState>): void {
    this.state = { ...this.state, ...part };
  }
}
