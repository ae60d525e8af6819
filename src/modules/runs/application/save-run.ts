import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { RUNTIME } from '../../../shared/domain/user-id.js';
import { ApprovalRepository } from '../../approvals/index.js';
import { Plan, PlanRepository } from '../../plans/index.js';
import { Run } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { toolCallSettled } from '../domain/tool-call.events.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { EndPlan } from './end-plan.js';
import { ReportRun } from './report-run.js';
import { SettleOpenCalls } from './settle-open-calls.js';

/** Saves a run. One that has ended leaves nothing open behind it: no call, no question, no plan. */
@Injectable()
export class SaveRun {
  constructor(
    private readonly endPlan: EndPlan,
    private readonly settleOpenCalls: SettleOpenCalls,
    private readonly report: ReportRun,
    private readonly clock: Clock,
  ) {}

  async execute(tx: Transaction, run: Run): Promise<void> {
    if (run.isFinal) await this.tidyUp(tx, run);
    // Last, so that run.finished is the last event of the run.
    await tx.get(RunRepository).save(run);
    if (run.isFinal) this.report.ended(tx, run);
  }

  private async tidyUp(tx: Transaction, run: Run): Promise<void> {
    const { status, planId } = run.snapshot();
    if (status !== 'completed') await this.cancelOpen(tx, run);
    // The usual end of a run looks for nothing. Any other one looks also where no plan is noted on the run: a process of
    // an older version may have made it.
    if (status === 'completed' && planId === null) return;
    const plan = await tx.get(PlanRepository).findOpen(run.id);
    if (plan) await this.settle(tx, run, plan);
  }

  private async cancelOpen(tx: Transaction, run: Run): Promise<void> {
    const now = this.clock.now();
    const { status, error } = run.snapshot();
    await this.settleOpenCalls.execute(tx, run, status === 'interrupted' ? status : (error?.code ?? status));
    for (const approval of await tx.get(ApprovalRepository).listPending(run.id)) {
      approval.cancel(`run_${status}`, now);
      await tx.get(ApprovalRepository).save(approval);
      this.report.resolved(tx, run, approval);
    }
    for (const call of await tx.get(ToolCallRepository).listOpen(run.id)) {
      await tx.get(ToolCallRepository).settle(call, 'cancelled', now);
      tx.record(toolCallSettled(call, 'cancelled'));
      this.report.settled(tx, run, call, 'cancelled', now);
    }
  }

  /** A plan that was being carried out can be retried; one that was not even agreed on is given up. */
  private async settle(tx: Transaction, run: Run, plan: Plan): Promise<void> {
    const { error, status } = run.snapshot();
    const reason = error?.code ?? (status === 'completed' ? 'not_planned_again' : `run_${status}`);
    await this.endPlan.execute(tx, plan, { by: RUNTIME, reason }, (act) =>
      error && plan.status === 'executing' ? plan.fail(error, act) : plan.cancel(act),
    );
  }
}
