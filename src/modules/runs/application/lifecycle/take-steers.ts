import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { MessageRepository, messageCreated, newMessage } from '../../../conversations/index.js';
import { Run } from '../../domain/run.js';
import { textOfSteers } from '../../domain/steer.js';
import { SteerRepository } from '../../domain/steer.repository.js';

/** Hands to an agent what the user has said meanwhile. */
@Injectable()
export class TakeSteers {
  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Appends what waits for the run to the thread whose agent is asked next, as one message. Called in the unit of work that
   * opens the call to the model, so that each is told once.
   * @param subtaskId of that thread; null = the main history
   */
  async take(tx: Transaction, run: Run, subtaskId: string | null): Promise<void> {
    const { id: runId, sessionId, jobId } = run.snapshot();
    if (jobId !== null) return; // nothing waits for the run of a job
    const steers = await tx.get(SteerRepository).takeAll(runId);
    if (steers.length === 0) return;
    const message = newMessage({
      id: this.ids.next(),
      sessionId,
      runId,
      subtaskId,
      role: 'user',
      content: textOfSteers(steers),
      createdAt: this.clock.now(),
    });
    await tx.get(MessageRepository).append(message);
    tx.record(messageCreated(message, steers));
  }
}
