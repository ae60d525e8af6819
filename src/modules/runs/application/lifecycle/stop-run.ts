import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Run } from '../../domain/run.js';
import { RunWriter } from './run-writer.js';

/**
 * Cancels a run. A queued or waiting one ends here; a running one is marked, and the process that executes it, this or
 * another, ends it once it gets the notice of the commit.
 */
@Injectable()
export class StopRun {
  constructor(
    private readonly runWriter: RunWriter,
    private readonly clock: Clock,
  ) {}

  async stop(tx: Transaction, run: Run): Promise<void> {
    if (run.isFinal || run.isCancelRequested) return;
    const now = this.clock.now();
    if (run.snapshot().status === 'running') run.requestCancel(now);
    else run.cancel(now);
    await this.runWriter.save(tx, run);
  }
}
