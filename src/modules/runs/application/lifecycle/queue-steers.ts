import { Injectable } from '@nestjs/common';
import { currentTraceparent } from '../../../../shared/application/log-context.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { textOfSteers } from '../../domain/steer.js';
import { SteerRepository } from '../../domain/steer.repository.js';

/** Keeps what the user has said to a run that ends before its agent was told. */
@Injectable()
export class QueueSteers {
  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Makes one queued run of what waits for a run. It may exceed the limit of queued runs: it was accepted before. */
  async queue(tx: Transaction, run: Run): Promise<void> {
    const { id, sessionId, userId, agent, jobId, traceparent } = run.snapshot();
    if (jobId !== null) return; // nothing waits for the run of a job
    const steers = await tx.get(SteerRepository).takeAll(id);
    if (steers.length === 0) return;
    const queued = Run.create({
      id: this.ids.next(),
      sessionId,
      userId,
      agent,
      trigger: 'user_message',
      traceparent: traceparent ?? currentTraceparent(),
      input: {
        content: textOfSteers(steers),
        agent: null,
        steers: steers.map((steer) => ({ id: steer.id, content: steer.content })),
      },
      now: this.clock.now(),
    });
    await tx.get(RunRepository).add(queued);
  }
}
