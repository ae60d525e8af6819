import { Injectable, Logger } from '@nestjs/common';
import { DatabaseUnavailable, StorageFailed } from './errors.js';
import { RetryPolicy, exponential, withRetries } from './retry.js';
import { Shutdown } from './shutdown.js';
import { ConcurrencyError } from '../domain/domain-error.js';
import { Transaction, UnitOfWork } from './unit-of-work.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A disk may have room again, somebody else may be done: what is refused is tried so often. */
const STORAGE_ATTEMPTS = 3;

/**
 * Stores what a run does, however long the database is away: what a model has answered is too dear to be thrown away.
 * Work given to it must bear being repeated after a commit whose answer was lost.
 */
@Injectable()
export class Journal {
  private readonly logger = new Logger(Journal.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly shutdown: Shutdown,
  ) {}

  /** @throws what the work throws, StorageFailed at last, and DatabaseUnavailable once `giveUp` is aborted */
  write<T>(operation: string, giveUp: AbortSignal, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const policy: RetryPolicy = {
      when: (error, failures) =>
        (error instanceof StorageFailed || error instanceof ConcurrencyError) &&
        failures < STORAGE_ATTEMPTS &&
        !giveUp.aborted,
      pauseMs: exponential(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
      onRetry: (error, wait_ms) =>
        this.logger.warn({ err: error, operation, wait_ms }, 'a run could not be stored; once more'),
    };
    return withRetries(policy, () =>
      this.persist(operation, giveUp, async () => (await this.uow.run(operation, work)).value),
    );
  }

  /**
   * Stores what came of a run, which is no less true when the run has to stop: gives up only when the process must end.
   * @throws as `write`
   */
  writeOutcome<T>(operation: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.write(operation, this.shutdown.lastCall, work);
  }

  /** Reads with the same patience. */
  persist<T>(what: string, giveUp: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    const policy: RetryPolicy = {
      when: (error) => error instanceof DatabaseUnavailable && !giveUp.aborted,
      pauseMs: exponential(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
      onRetry: (error, wait_ms) =>
        this.logger.warn({ err: error, operation: what, wait_ms }, 'a run waits for the database'),
    };
    return withRetries(policy, attempt);
  }
}
