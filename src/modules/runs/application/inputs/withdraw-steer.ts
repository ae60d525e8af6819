import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { SessionRepository } from '../../../sessions/index.js';
import { SteerNotFound } from '../../domain/run.errors.js';
import { RunRepository } from '../../domain/run.repository.js';
import { steerWithdrawn } from '../../domain/steer.events.js';
import { SteerRepository } from '../../domain/steer.repository.js';
import { RunWriter } from '../lifecycle/run-writer.js';

@Injectable()
export class WithdrawSteer {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly runWriter: RunWriter,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes back what the user has said to a run, while no agent was told.
   * @throws SessionNotFound, SteerNotFound
   */
  async execute({
    userId,
    sessionId,
    steerId,
  }: {
    readonly userId: string;
    readonly sessionId: string;
    readonly steerId: string;
  }): Promise<void> {
    await this.uow.run('withdraw_steer', async (tx) => {
      await tx.get(SessionRepository).peek(sessionId, userId);
      const taken = await tx.get(SteerRepository).take(sessionId, steerId);
      if (taken) {
        tx.record(steerWithdrawn(taken));
        return;
      }
      const queued = await tx.get(RunRepository).findQueuedWith(sessionId, steerId);
      if (!queued) throw new SteerNotFound(steerId);
      queued.withdrawSteer(steerId, this.clock.now());
      await this.runWriter.save(tx, queued);
    });
  }
}
