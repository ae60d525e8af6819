import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Run } from '../../domain/run.js';
import { Leases } from './leases.js';
import { SettleOpenCalls } from './settle-open-calls.js';

/** Gives a run to this process, which continues from its last recorded step. The caller saves the run. */
@Injectable()
export class TakeOverRun {
  constructor(
    private readonly leases: Leases,
    private readonly settleOpenCalls: SettleOpenCalls,
  ) {}

  /**
   * Discards an unfinished message, which is then written again, or keeps it if the run is to be cancelled.
   * Everything recorded stays.
   */
  async takeOver(tx: Transaction, run: Run): Promise<void> {
    const lease = this.leases.next();
    run.recover(lease);
    const reason = run.isCancelRequested ? 'cancelled' : 'recovery';
    await this.settleOpenCalls.settle(tx, run, reason, lease.token);
  }
}
