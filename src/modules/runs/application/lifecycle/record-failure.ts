import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { PlanRepository } from '../../../plans/index.js';
import { RunError } from '../../domain/run-failure.js';
import { Run } from '../../domain/run.js';
import { RunWriter } from './run-writer.js';

/** Fails a run; a subtask of a plan is retried first. */
@Injectable()
export class RecordFailure {
  constructor(
    private readonly runWriter: RunWriter,
    private readonly clock: Clock,
  ) {}

  async record(tx: Transaction, run: Run, error: RunError): Promise<void> {
    const now = this.clock.now();
    if (run.isCancelRequested) run.cancel(now);
    else if (await this.getsAnotherAttempt(tx, run, error)) run.retrySubtask(error.code);
    else run.fail(error, now);
    await this.runWriter.save(tx, run);
  }

  private async getsAnotherAttempt(tx: Transaction, run: Run, { code, message }: RunError): Promise<boolean> {
    if (run.snapshot().phase !== 'plan_execution') return false;
    const plan = await tx.get(PlanRepository).findOpen(run.id);
    if (!plan?.running) return false;
    const again = plan.failSubtask({ code, message }, this.clock.now());
    await tx.get(PlanRepository).save(plan);
    return again;
  }
}
