import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Run } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { SaveRun } from './save-run.js';

/** Ends a run that nobody carries out; one that is at work is ended by whoever carries it out, who hears of it. */
@Injectable()
export class StopRun {
  constructor(
    private readonly saveRun: SaveRun,
    private readonly clock: Clock,
  ) {}

  async execute(tx: Transaction, run: Run): Promise<void> {
    if (run.isFinal || run.isCancelRequested) return;
    const now = this.clock.now();
    if (run.snapshot().status === 'running') {
      run.requestCancel(now);
      await tx.get(RunRepository).save(run);
    } else {
      run.cancel(now);
      await this.saveRun.execute(tx, run);
    }
  }
}
