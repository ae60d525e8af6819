import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { RUNTIME } from '../../../shared/domain/user-id.js';
import { Approval, ApprovalRepository } from '../../approvals/index.js';
import { NewMessage } from '../../conversations/index.js';
import { PlanRepository } from '../../plans/index.js';
import { Run } from '../domain/run.js';
import { ToolCallNotFound } from '../domain/run.errors.js';
import { ToolCall } from '../domain/tool-call.js';
import { toolCallRequested } from '../domain/tool-call.events.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { Leases } from './leases.js';
import { ReportRun } from './report-run.js';
import { SaveRun } from './save-run.js';
import { ToolAnswers } from './tool-answers.js';

/** What a decision sets in motion, whoever took it: the human, or the deadline. */
@Injectable()
export class ApplyDecision {
  constructor(
    private readonly answers: ToolAnswers,
    private readonly saveRun: SaveRun,
    private readonly report: ReportRun,
    private readonly leases: Leases,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /**
   * Saves an approval that has just been decided, and lets its run go on accordingly.
   * @returns the answer to the call that waited for it, where the decision is one
   */
  async execute(tx: Transaction, run: Run, approval: Approval, now: Date): Promise<NewMessage | undefined> {
    await tx.get(ApprovalRepository).save(approval);
    this.report.resolved(tx, run, approval);
    const { kind, callId } = approval.snapshot();
    const call = await tx.get(ToolCallRepository).find(callId);
    if (!call) throw new ToolCallNotFound(callId);
    if (kind === 'tool_call') return this.toToolCall(tx, run, approval, call, now);
    const message = await this.toPlan(tx, run, approval, call, now);
    await this.saveRun.execute(tx, run);
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
      const args = modifiedArguments ?? (call.arguments as JsonObject);
      const deadline = new Date(now.getTime() + this.config.toolResultTimeoutSeconds * 1000);
      const edited = modifiedArguments !== null;
      const requested = await tx.get(ToolCallRepository).request({ ...call, edited }, args, deadline);
      tx.record(toolCallRequested(requested));
      await this.answers.goOn(tx, run, call, 'hitl_decision');
      return undefined;
    }
    const content = approval.hasExpired
      ? 'Error: this call was not allowed in time; it was not executed'
      : `Error: the developer did not allow this call${because(feedback)}`;
    const message = await this.answers.settle(tx, run, call, { status: 'rejected', content }, now);
    await this.answers.goOn(tx, run, call, approval.hasExpired ? 'approval_timeout' : 'hitl_decision');
    return message;
  }

  private async toPlan(
    tx: Transaction,
    run: Run,
    approval: Approval,
    call: ToolCall,
    now: Date,
  ): Promise<NewMessage | undefined> {
    const { id, planId, decision, feedback, decidedBy } = approval.snapshot();
    const plans = tx.get(PlanRepository);
    const plan = await plans.get(planId!);
    const act = { id: this.ids.next(), by: decidedBy!, reason: feedback, now };
    const answer = (status: 'completed' | 'rejected', content: string) =>
      this.answers.settle(tx, run, call, { status, content }, now);
    if (decision === 'approve') {
      plan.approve(id, act);
      plan.start({ id: this.ids.next(), by: RUNTIME, now });
      await plans.save(plan);
      const message = await answer('completed', 'The developer has approved the plan; it is carried out.');
      run.executePlan(this.leases.next());
      return message;
    }
    if (decision === 'modify') {
      plan.requestChanges(id, act);
      await plans.save(plan);
      const content = `The developer wants the plan changed${because(feedback)}\nCall create_plan again, with the whole plan.`;
      const message = await answer('rejected', content);
      run.planAgain(feedback ?? undefined, this.leases.next());
      return message;
    }
    plan.reject(id, act);
    await plans.save(plan);
    const message = await answer('rejected', `Error: the plan was rejected${because(feedback)}`);
    run.resume(approval.hasExpired ? 'approval_timeout' : 'plan_decision', this.leases.next());
    run.complete(now, feedback ?? undefined);
    return message;
  }
}

const because = (feedback: string | null): string => (feedback === null ? '.' : `: ${feedback}`);
