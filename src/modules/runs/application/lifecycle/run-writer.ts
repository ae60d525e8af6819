import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { RUNTIME } from '../../../../shared/domain/user-id.js';
import { ApprovalRepository } from '../../../approvals/index.js';
import { Plan, PlanRepository } from '../../../plans/index.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { EndPlan } from './end-plan.js';
import { QueueSteers } from './queue-steers.js';
import { ReportRun } from './report-run.js';
import { SettleOpenCalls } from './settle-open-calls.js';
import { SettleToolCall } from './settle-tool-call.js';

/** The only way to save a run. Finishing a run closes its model calls, tool calls, approvals and plan. */
@Injectable()
export class RunWriter {
  constructor(
    private readonly endPlan: EndPlan,
    private readonly settleOpenCalls: SettleOpenCalls,
    private readonly settleToolCall: SettleToolCall,
    private readonly queueSteers: QueueSteers,
    private readonly report: ReportRun,
    private readonly clock: Clock,
  ) {}

  async save(tx: Transaction, run: Run): Promise<void> {
    if (run.isFinal) await this.closeAll(tx, run);
    // A run that is to be cancelled asks no model any more. What waits for it comes before what the user says next.
    if (run.isFinal || run.isCancelRequested) await this.queueSteers.queue(tx, run);
    // Last, so that run.finished is the last event of the run.
    await tx.get(RunRepository).save(run);
    if (run.isFinal) this.report.runEnded(tx, run);
  }

  private async closeAll(tx: Transaction, run: Run): Promise<void> {
    const { status, planId } = run.snapshot();
    if (status !== 'completed') await this.cancelOpen(tx, run);
    // A completed run without a plan needs no look-up. Other ends look for a plan even if the run names none: a
    // process of an older version may have made it.
    if (status === 'completed' && planId === null) return;
    const plan = await tx.get(PlanRepository).findOpen(run.id);
    if (plan) await this.closePlan(tx, run, plan);
  }

  private async cancelOpen(tx: Transaction, run: Run): Promise<void> {
    const now = this.clock.now();
    const { status, error } = run.snapshot();
    await this.settleOpenCalls.settle(tx, run, status === 'interrupted' ? status : (error?.code ?? status));
    for (const approval of await tx.get(ApprovalRepository).listPending(run.id)) {
      approval.cancel(`run_${status}`, now);
      await tx.get(ApprovalRepository).save(approval);
      this.report.approvalEnded(tx, run, approval);
    }
    await this.settleToolCall.cancelOpen(tx, run, now);
  }

  /** A plan in execution fails, and can be retried; one that was not approved is cancelled. */
  private async closePlan(tx: Transaction, run: Run, plan: Plan): Promise<void> {
    const { error, status } = run.snapshot();
    const reason = error?.code ?? (status === 'completed' ? 'not_planned_again' : `run_${status}`);
    const ending = error && plan.status === 'executing' ? error : 'cancel';
    await this.endPlan.end(tx, plan, ending, { by: RUNTIME, reason });
  }
}
