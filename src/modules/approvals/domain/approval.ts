import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { elapsedMs } from '../../../shared/domain/clock.js';
import { EventCatalogue } from '../../../shared/domain/domain-event.js';
import { JsonObject, canonicalJson } from '../../../shared/domain/json.js';
import { RUNTIME } from '../../../shared/domain/user-id.js';
import { ApprovalState } from './approval-state.js';
import { toApprovalView } from './approval-view.js';
import { ApprovalAlreadyDecided, ApprovalExpired } from './approval.errors.js';
import { ApprovalEvents } from './approval.events.js';
import { RememberWhen, WORD_FOR_WORD, rememberedBy } from './remembering.js';
import { Decision, approvalStatus } from './approval.states.js';

/** The reason of a rejection by the runtime. */
const EXPIRED = 'expired';

/** A user's decision. */
export interface Verdict {
  readonly decision: Decision;
  readonly feedback: string | null;
  readonly modifiedArguments: JsonObject | null;
  /** Whether exactly this call needs no further approval in this session. */
  readonly remember: boolean;
  /** Instead: all calls that fit this pattern need none. Unset = no pattern. */
  readonly rememberWhen?: RememberWhen | null;
}

const wishOf = ({ remember, rememberWhen }: Verdict): RememberWhen | null =>
  rememberWhen ?? (remember ? WORD_FOR_WORD : null);

/** A tool call or a plan that waits for a user's decision. */
export class Approval extends AggregateRoot {
  private constructor(private state: ApprovalState) {
    super();
  }

  static request(
    given: Pick<
      ApprovalState,
      | 'id'
      | 'sessionId'
      | 'runId'
      | 'userId'
      | 'kind'
      | 'callId'
      | 'planId'
      | 'toolName'
      | 'subject'
      | 'arguments'
      | 'guard'
      | 'reason'
      | 'expiresAt'
      | 'createdAt'
    > &
      Partial<Pick<ApprovalState, 'suggestions' | 'attempt'>>,
  ): Approval {
    const approval = new Approval({
      suggestions: null,
      attempt: 1,
      ...given,
      status: 'pending',
      decision: null,
      decidedBy: null,
      feedback: null,
      modifiedArguments: null,
      remember: false,
      rememberWhen: null,
      forgottenAt: null,
      decidedAt: null,
      version: 1,
    });
    // The approval of a plan is announced by plan.approval_required, together with the plan.
    if (given.kind === 'tool_call') {
      approval.recordEvent('approval.requested', { approval: toApprovalView(approval.state) });
    }
    return approval;
  }

  static restore(state: ApprovalState): Approval {
    return new Approval(state);
  }

  snapshot(): ApprovalState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get isPending(): boolean {
    return this.state.status === 'pending';
  }

  /** Whether the deadline passed without a decision. */
  get hasExpired(): boolean {
    return this.state.decidedBy === RUNTIME;
  }

  /** Whether the deadline has passed. */
  isOverdue(now: Date): boolean {
    return this.isPending && this.state.expiresAt <= now;
  }

  /** Whether the same decision was stored before. */
  wasDecided(verdict: Verdict): boolean {
    const { decision, feedback, modifiedArguments } = this.state;
    return (
      decision === verdict.decision &&
      feedback === verdict.feedback &&
      // The database does not keep the order of keys.
      canonicalJson(rememberedBy(this.state)) === canonicalJson(wishOf(verdict)) &&
      canonicalJson(modifiedArguments) === canonicalJson(verdict.modifiedArguments)
    );
  }

  /** @throws ApprovalAlreadyDecided, ApprovalExpired */
  decide(verdict: Verdict, by: string, now: Date): void {
    if (this.isOverdue(now)) throw new ApprovalExpired(this.id);
    const { decision, feedback, modifiedArguments } = verdict;
    this.resolve(decision, { feedback, modifiedArguments, rememberWhen: wishOf(verdict) }, by, now);
  }

  /** Rejects, since the deadline has passed. */
  expire(now: Date): void {
    this.resolve('reject', { feedback: EXPIRED }, RUNTIME, now);
  }

  /** Closes the approval because its run or plan has ended. */
  cancel(reason: string, now: Date): void {
    this.resolve('cancel', { feedback: reason }, RUNTIME, now);
  }

  private resolve(decision: Decision | 'cancel', part: Partial<ApprovalState>, by: string, now: Date): void {
    const status = approvalStatus.next(this.state.status, decision);
    if (!status) throw this.refusal();
    const decided = decision === 'cancel' ? null : decision;
    this.state = {
      ...this.state,
      ...part,
      status,
      decision: decided,
      decidedBy: decided && by,
      decidedAt: now,
    };
    const { id, kind, feedback, createdAt } = this.state;
    this.recordEvent('approval.resolved', {
      approval_id: id,
      kind,
      decision,
      decided_by: by,
      ...(feedback !== null && { reason: feedback }),
      waited_ms: elapsedMs(createdAt, now),
    });
  }

  private refusal(): ApprovalExpired | ApprovalAlreadyDecided {
    const { status, decision } = this.state;
    if (this.hasExpired) return new ApprovalExpired(this.id);
    return new ApprovalAlreadyDecided(this.id, status, decision);
  }

  private recordEvent<Type extends keyof ApprovalEvents>(type: Type, data: EventCatalogue[Type]): void {
    this.record<Type>({ type, sessionId: this.state.sessionId, runId: this.state.runId, data });
  }
}
