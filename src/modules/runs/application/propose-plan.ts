import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Ids } from '../../../shared/domain/ids.js';
import { Approval, ApprovalRepository } from '../../approvals/index.js';
import { Plan, PlanProposal, PlanRepository } from '../../plans/index.js';
import { Run } from '../domain/run.js';
import { ToolCall } from '../domain/tool-call.js';

/** Makes a plan of what the architect proposes, or the next version of the one it was to change; and asks the human. */
@Injectable()
export class ProposePlan {
  constructor(
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  async execute(tx: Transaction, run: Run, call: ToolCall, proposal: PlanProposal, now: Date): Promise<void> {
    const plans = tx.get(PlanRepository);
    const { id: runId, sessionId, userId } = run.snapshot();
    const act = () => ({ id: this.ids.next(), by: call.agent, now });
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
      toolName: call.toolName,
      subject: proposal.title,
      arguments: null,
      reason: 'A plan is carried out only when the developer has approved it',
      expiresAt: new Date(now.getTime() + this.config.approvalTimeoutSeconds * 1000),
      createdAt: now,
    });
    await tx.get(ApprovalRepository).add(approval);
    plan.submit(approval.id, act());
    await (changed ? plans.save(plan) : plans.add(plan));
    run.reviewPlan(plan.id);
  }
}
