import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { FieldFault, InputInvalid } from '../../../../shared/domain/domain-error.js';
import { AgentDirectory, StoredAgents, equip, ruleNameOf } from '../../../agents/index.js';
import {
  Approval,
  ApprovalAskedAgain,
  ApprovalPolicy,
  ApprovalQueries,
  ApprovalRepository,
  ApprovalState,
  DECISIONS_ON,
  ToolUse,
  Verdict,
  patternFault,
} from '../../../approvals/index.js';
import { NewMessage } from '../../../conversations/index.js';
import { PlanNotFound, PlanRepository, PlanVersionChanged } from '../../../plans/index.js';
import { SessionQueries, SessionRepository } from '../../../sessions/index.js';
import { StoredTools, ToolCatalog } from '../../../tools/index.js';
import { RunState } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { Accepted } from './accepted.js';
import { ApplyDecision } from '../settlement/apply-decision.js';
import { JudgeReply } from '../orchestration/judge-reply.js';
import { RunQueries } from '../run.queries.js';
import { RunSupervisor } from '../supervision/run-supervisor.js';

/** What is decided: an approval by its id, or the tool call or plan that it is about. */
export type Subject =
  | { readonly approvalId: string }
  | { readonly sessionId: string; readonly callId: string }
  | { readonly sessionId: string; readonly planId: string };

export interface DecideApprovalCommand {
  readonly userId: string;
  readonly on: Subject;
  readonly verdict: Verdict;
  /** The plan version that the user has seen; undefined = the one in review. */
  readonly planVersion?: number | undefined;
}

interface Decided {
  readonly run: RunState;
  readonly approval: ApprovalState;
  readonly message: NewMessage | undefined;
}

/** Accepts the decision of a human on a tool call or a plan. */
@Injectable()
export class DecideApproval {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly approvals: ApprovalQueries,
    private readonly sessions: SessionQueries,
    private readonly runs: RunQueries,
    private readonly judge: JudgeReply,
    private readonly policy: ApprovalPolicy,
    private readonly agents: AgentDirectory,
    private readonly catalog: ToolCatalog,
    private readonly decision: ApplyDecision,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /**
   * Decided once: the same decision again returns the result of the first, a different one is refused.
   * @throws SessionNotFound, ApprovalNotFound, PlanNotFound, InputInvalid, ApprovalAlreadyDecided, ApprovalAskedAgain,
   * ApprovalExpired, PlanTransitionNotAllowed, PlanVersionChanged, ServerDraining
   */
  async execute(command: DecideApprovalCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const { userId, on } = command;
    const asked = await this.locate(on, userId);
    const verdict = this.withoutVainMemory(asked, checkVerdict(asked, command.verdict, command.planVersion));
    const operation = asked.kind === 'plan' ? 'save_plan_decision' : 'save_hitl_decision';
    const { value, events } = await this.uow.run(operation, (tx) =>
      this.decide(tx, asked, { ...command, verdict }),
    );
    // Also for a repeated request: the first one may have committed without starting the run.
    this.supervisor.start(value.run);
    const [first] = events;
    if (!first) {
      const data = { approval_id: value.approval.id };
      const seq = await this.runs.firstSeq(asked.sessionId, 'approval.resolved', data);
      return { ...value, lastEventId: (seq ?? 1) - 1, repeated: true };
    }
    return { ...value, lastEventId: first.seq - 1, repeated: false };
  }

  private async decide(
    tx: Transaction,
    asked: ApprovalState,
    { userId, on, verdict: given, planVersion }: DecideApprovalCommand,
  ): Promise<Decided> {
    const run = await tx.get(RunRepository).get(asked.runId);
    const approval = await tx.get(ApprovalRepository).get(asked.id);
    const result = (message?: NewMessage): Decided => ({
      run: run.snapshot(),
      approval: approval.snapshot(),
      message,
    });
    // Compared before and after the check: the rules of the check may have changed since the first request.
    if (approval.wasDecided(given)) return result();
    const verdict = await this.withCheckedEdit(tx, run, approval, given);
    if (approval.wasDecided(verdict)) return result();
    this.requireFittingPattern(approval, verdict);
    const plan = asked.planId === null ? undefined : await tx.get(PlanRepository).get(asked.planId);
    if (plan) {
      // For a decision about a plan, the error lists the decisions that the plan allows, not the approval.
      if ('planId' in on && !approval.isPending) throw plan.refusal(verdict.decision);
      const { revision } = plan.snapshot();
      if (planVersion !== undefined && planVersion !== revision) {
        throw new PlanVersionChanged(plan.id, revision);
      }
    }
    const now = this.clock.now();
    approval.decide(verdict, userId, now);
    return result(await this.decision.apply(tx, run, approval, now, plan));
  }

  private async locate(on: Subject, userId: string): Promise<ApprovalState> {
    if ('approvalId' in on) return this.approvals.view(on.approvalId, userId);
    await this.sessions.requireOwned(on.sessionId, userId);
    if ('callId' in on) {
      const newest = await this.approvals.ofCall(on.sessionId, on.callId, userId);
      if (newest.attempt > 1) throw new ApprovalAskedAgain(on.callId, newest.id);
      return newest;
    }
    const approval = await this.approvals.newestOfPlan(on.sessionId, on.planId, userId);
    if (!approval) throw new PlanNotFound(on.planId);
    return approval;
  }

  /** A protected path is asked about each time, so that there is nothing to remember. */
  private withoutVainMemory(asked: ApprovalState, verdict: Verdict): Verdict {
    return verdict.remember && this.policy.isProtected(approvedUse(asked, verdict))
      ? { ...verdict, remember: false }
      : verdict;
  }

  /** What is remembered is what was approved: the call with the user's edit. */
  private requireFittingPattern(approval: Approval, verdict: Verdict): void {
    if (!verdict.rememberWhen) return;
    const use = approvedUse(approval.snapshot(), verdict);
    const message = 'does not go with a protected path: that is asked about each time';
    const fault = this.policy.isProtected(use)
      ? { field: 'remember_when', message }
      : patternFault(verdict.rememberWhen, use);
    if (fault) throw new InputInvalid([fault]);
  }

  /** Checks a user's edited arguments by the rules for a model's. */
  private async withCheckedEdit(
    tx: Transaction,
    run: Run,
    approval: Approval,
    verdict: Verdict,
  ): Promise<Verdict> {
    const { modifiedArguments } = verdict;
    const { toolName, callId } = approval.snapshot();
    if (modifiedArguments === null) return verdict;
    const call = await tx.get(ToolCallRepository).find(callId);
    const id = call!.snapshot().agent;
    const { sessionId, userId } = run.snapshot();
    const session = await tx.get(SessionRepository).peek(sessionId, userId);
    const known = await this.agents.ofRun(run.snapshot(), id, tx.get(StoredAgents));
    const agent = equip(known, session.snapshot());
    const tools = await this.catalog.for(run.snapshot(), agent, tx.get(StoredTools));
    return {
      ...verdict,
      modifiedArguments: this.judge.checkEdit({ agent, tools }, toolName, modifiedArguments),
    };
  }
}

/** The call as it is executed after a decision. */
const approvedUse = (asked: ApprovalState, { modifiedArguments }: Verdict): ToolUse => ({
  tool: ruleNameOf(asked.toolName),
  arguments: modifiedArguments ?? asked.arguments ?? {},
});

/** Checks that the parts of a decision fit together, and fit the subject. */
function checkVerdict(
  { kind, attempt }: ApprovalState,
  verdict: Verdict,
  planVersion: number | undefined,
): Verdict {
  const { decision, modifiedArguments, remember, rememberWhen } = verdict;
  const faults: FieldFault[] = [];
  const possible = DECISIONS_ON[kind];
  if (!possible.includes(decision)) {
    faults.push({ field: 'decision', message: `must be one of ${possible.join(', ')} here` });
  } else if ((decision === 'edit') !== (modifiedArguments !== null)) {
    const message = decision === 'edit' ? 'is needed to edit' : `does not go with ${decision}`;
    faults.push({ field: 'modified_arguments', message });
  }
  if (decision === 'edit' && attempt > 1) {
    const message = 'must be approve or reject here: the call may have been executed with its arguments';
    faults.push({ field: 'decision', message });
  }
  if (remember && (kind === 'plan' || decision === 'reject')) {
    faults.push({ field: 'remember', message: 'goes with the approval of a tool call only' });
  }
  if (rememberWhen && (kind === 'plan' || decision === 'reject')) {
    faults.push({ field: 'remember_when', message: 'goes with the approval of a tool call only' });
  }
  if (rememberWhen && remember) {
    faults.push({ field: 'remember_when', message: 'stands instead of remember' });
  }
  if (planVersion !== undefined && kind !== 'plan') {
    faults.push({ field: 'version', message: 'goes with the decision on a plan only' });
  }
  if (faults.length > 0) throw new InputInvalid(faults);
  return verdict;
}
