import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Run } from '../domain/run.js';
import { Leases } from './leases.js';
import { SettleOpenCalls } from './settle-open-calls.js';

/** Makes this process the one that goes on with a run, from its last recorded step. The caller saves the run. */
@Injectable()
export class TakeOverRun {
  constructor(
    private readonly leases: Leases,
    private readonly settleOpenCalls: SettleOpenCalls,
  ) {}

  /**
   * What was being said is discarded and said anew, or kept as it is where the run is to be cancelled; everything that
   * was recorded stands.
   */
  async execute(tx: Transaction, run: Run): Promise<void> {
    const lease = this.leases.next();
    run.recover(lease);
    const reason = run.isCancelRequested ? 'cancelled' : 'recovery';
    await this.settleOpenCalls.execute(tx, run, reason, lease.token);
  }
}
