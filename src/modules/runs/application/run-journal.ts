import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../../../shared/application/errors.js';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** How long the last word on a run may wait for the database while the process ends. */
export const LAST_WRITE_MS = 10_000;

/**
 * Stores what a run does, however long the database is away: what a model has answered is too dear to be thrown away.
 * Work given to it must bear being repeated after a commit whose answer was lost.
 */
@Injectable()
export class RunJournal {
  private readonly logger = new Logger(RunJournal.name);

  constructor(private readonly uow: UnitOfWork) {}

  /** @throws what the work throws, and DatabaseUnavailable once `giveUp` is aborted */
  async write<T>(operation: string, giveUp: AbortSignal, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.persist(operation, giveUp, async () => (await this.uow.run(operation, work)).value);
  }

  /** Reads with the same patience. */
  async persist<T>(what: string, giveUp: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || giveUp.aborted) throw error;
        this.logger.warn({ err: error, operation: what, wait_ms: wait }, 'a run waits for the database');
        await pause(wait);
      }
    }
  }
}
