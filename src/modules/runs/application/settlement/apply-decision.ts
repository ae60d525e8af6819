import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { RUNTIME } from '../../../../shared/domain/user-id.js';
import { Approval, ApprovalRepository } from '../../../approvals/index.js';
import { NewMessage } from '../../../conversations/index.js';
import { Plan, PlanRepository } from '../../../plans/index.js';
import { Run } from '../../domain/run.js';
import { ToolCallNotFound } from '../../domain/run.errors.js';
import { ToolCall } from '../../domain/tool-call.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { CallDeadline } from '../lifecycle/call-deadline.js';
import { GuardFiles } from '../lifecycle/guard-files.js';
import { Leases } from '../lifecycle/leases.js';
import { ReportRun } from '../lifecycle/report-run.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { SettleToolCall, ToolOutcome, notAvailable } from '../lifecycle/settle-tool-call.js';
import { ResumeRun } from './resume-run.js';

/** Applies a decision on a tool call or a plan, made by a human or by the deadline. */
@Injectable()
export class ApplyDecision {
  constructor(
    private readonly settleToolCall: SettleToolCall,
    private readonly resumeRun: ResumeRun,
    private readonly runWriter: RunWriter,
    private readonly report: ReportRun,
    private readonly leases: Leases,
    private readonly guardFiles: GuardFiles,
    private readonly deadline: CallDeadline,
    private readonly ids: Ids,
  ) {}

  /**
   * Saves an approval that was just decided, and the consequences for its run.
   * @param plan the decided plan, if the caller has loaded it
   * @returns the answer to the tool call that waited for the decision, if it gets one
   */
  async apply(
    tx: Transaction,
    run: Run,
    approval: Approval,
    now: Date,
    plan?: Plan,
  ): Promise<NewMessage | undefined> {
    await tx.get(ApprovalRepository).save(approval);
    this.report.approvalEnded(tx, run, approval);
    const { kind, callId, planId } = approval.snapshot();
    const call = await tx.get(ToolCallRepository).find(callId);
    if (!call) throw new ToolCallNotFound(callId);
    if (kind === 'tool_call') return this.toToolCall(tx, run, approval, call, now);
    const decided = plan ?? (await tx.get(PlanRepository).get(planId!));
    const message = await this.toPlan(tx, run, approval, decided, call, now);
    await this.runWriter.save(tx, run);
    return message;
  }

  private async toToolCall(
    tx: Transaction,
    run: Run,
    approval: Approval,
    call: ToolCall,
    now: Date,
  ): Promise<NewMessage | undefined> {
    const { decision, feedback, modifiedArguments } = approval.snapshot();
    if (decision !== 'reject') {
      if (modifiedArguments) await this.guardFiles.edit(tx, call, modifiedArguments);
      if (feedback !== null) call.comment(feedback);
      if (!(await tx.get(ToolCallRepository).isAvailable(call))) {
        const message = await this.settleToolCall.settle(tx, run, call, notAvailable(call), now);
        await this.resumeRun.resume(tx, run, call, 'hitl_decision');
        return message;
      }
      call.request(await this.deadline.of(tx, call, now));
      await tx.get(ToolCallRepository).save(call);
      await this.resumeRun.resume(tx, run, call, 'hitl_decision');
      return undefined;
    }
    const content = refusalOf(call, approval);
    const message = await this.settleToolCall.settle(tx, run, call, { end: 'reject', content }, now);
    await this.resumeRun.resume(tx, run, call, approval.hasExpired ? 'approval_timeout' : 'hitl_decision');
    return message;
  }

  private async toPlan(
    tx: Transaction,
    run: Run,
    approval: Approval,
    plan: Plan,
    call: ToolCall,
    now: Date,
  ): Promise<NewMessage> {
    const { id, decision, feedback, decidedBy } = approval.snapshot();
    const plans = tx.get(PlanRepository);
    const act = { id: this.ids.next(), by: decidedBy!, reason: feedback, now };
    const answer = (end: ToolOutcome['end'], content: string) =>
      this.settleToolCall.settle(tx, run, call, { end, content }, now);
    if (decision === 'approve') {
      plan.approve(id, act);
      plan.start({ id: this.ids.next(), by: RUNTIME, now });
      await plans.save(plan);
      const said = feedback === null ? '' : ` The developer said: ${feedback}`;
      const message = await answer(
        'complete',
        `The developer has approved the plan; it is carried out.${said}`,
      );
      run.executePlan(this.leases.next());
      return message;
    }
    if (decision === 'modify') {
      plan.requestChanges(id, act);
      await plans.save(plan);
      const content = `The developer wants the plan changed${because(feedback)}\nCall create_plan again, with the whole plan.`;
      const message = await answer('reject', content);
      run.planAgain(feedback ?? undefined, this.leases.next());
      return message;
    }
    plan.reject(id, act);
    await plans.save(plan);
    const message = await answer('reject', `Error: the plan was rejected${because(feedback)}`);
    run.resume(approval.hasExpired ? 'approval_timeout' : 'plan_decision', this.leases.next());
    run.complete(now, feedback ?? undefined);
    return message;
  }
}

/** What the model reads of a call that is not executed. */
export const NOT_ALLOWED = 'Error: the developer did not allow this call';
export const NOT_ALLOWED_IN_TIME = 'Error: this call was not allowed in time; it was not executed';
/** Of a call that a client may have begun, so that the others must not say that it was not executed. */
export const NOT_ALLOWED_AGAIN =
  'Error: the developer did not allow to execute this call again. A client has begun it and not answered: whether it was carried out is not known';

function refusalOf(call: ToolCall, approval: Approval): string {
  const { feedback } = approval.snapshot();
  if (call.isReclaimed) return `${NOT_ALLOWED_AGAIN}${because(approval.hasExpired ? null : feedback)}`;
  return approval.hasExpired ? NOT_ALLOWED_IN_TIME : `${NOT_ALLOWED}${because(feedback)}`;
}

const because = (feedback: string | null): string => (feedback === null ? '.' : `: ${feedback}`);
