import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { LlmCallRepository } from '../../agents/index.js';
import { Run } from '../domain/run.js';
import { Leases } from './leases.js';
import { tellDiscarded } from './spoken-message.js';

/** Makes this process the one that goes on with a run, from its last recorded step. The caller saves the run. */
@Injectable()
export class TakeOverRun {
  constructor(
    private readonly leases: Leases,
    private readonly clock: Clock,
  ) {}

  /** What was being said is discarded and said anew; everything that was recorded stands. */
  async execute(tx: Transaction, run: Run): Promise<void> {
    const lease = this.leases.next();
    run.recover(lease);
    const runId = run.id;
    const { sessionId } = run.snapshot();
    for (const id of await tx.get(LlmCallRepository).abortOpen({ runId }, this.clock.now())) {
      tellDiscarded(tx, { id, sessionId, runId }, 'recovery', lease.token);
    }
  }
}
