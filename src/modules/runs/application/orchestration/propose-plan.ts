import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { secondsAfter } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { Approval, ApprovalRepository } from '../../../approvals/index.js';
import { Plan, PlanProposal, PlanRepository } from '../../../plans/index.js';
import { Run } from '../../domain/run.js';
import { ToolCall } from '../../domain/tool-call.js';

/**
 * Makes a plan of the architect's proposal, or a new version of the plan to be changed, and asks the human to approve
 * it.
 */
@Injectable()
export class ProposePlan {
  constructor(
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  async propose(tx: Transaction, run: Run, call: ToolCall, proposal: PlanProposal, now: Date): Promise<void> {
    const plans = tx.get(PlanRepository);
    const { id: runId, sessionId, userId } = run.snapshot();
    const { agent, toolName } = call.snapshot();
    const act = () => ({ id: this.ids.next(), by: agent, now });
    const subtaskIds = proposal.subtasks.map(() => this.ids.next());
    const changed = await plans.findOpen(runId);
    changed?.revise(proposal, subtaskIds, now);
    const plan =
      changed ?? Plan.draft({ id: this.ids.next(), sessionId, runId, userId }, proposal, subtaskIds, act());
    const approval = Approval.request({
      id: this.ids.next(),
      sessionId,
      runId,
      userId,
      kind: 'plan',
      callId: call.id,
      planId: plan.id,
      toolName,
      subject: proposal.title,
      arguments: null,
      guard: null,
      reason: 'A plan is executed only after the developer has approved it',
      expiresAt: secondsAfter(now, this.config.approvalTimeoutSeconds),
      createdAt: now,
    });
    await tx.get(ApprovalRepository).add(approval);
    plan.submit(approval.id, act());
    await (changed ? plans.save(plan) : plans.add(plan));
    run.reviewPlan(plan.id);
  }
}
