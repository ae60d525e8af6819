import { Injectable, Logger } from '@nestjs/common';
import { DatabaseUnavailable, StorageFailed } from './errors.js';
import { RetryPolicy, exponential, withRetries } from './retry.js';
import { Shutdown } from './shutdown.js';
import { ConcurrencyError } from '../domain/domain-error.js';
import { Transaction, UnitOfWork } from './unit-of-work.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** Attempts of a write that PostgreSQL refuses: a full disk may have room again, a row lock may be released. */
const STORAGE_ATTEMPTS = 3;

/**
 * Reads and writes the state of runs and jobs however long the database is away: the answer of a model is too expensive
 * to lose. Work given to it must be safe to repeat after a commit whose answer was lost.
 */
@Injectable()
export class DatabasePatience {
  private readonly logger = new Logger(DatabasePatience.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly shutdown: Shutdown,
  ) {}

  /** @throws what the work throws, StorageFailed after three attempts, DatabaseUnavailable once `giveUp` is aborted */
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
      this.read(operation, giveUp, async () => (await this.uow.run(operation, work)).value),
    );
  }

  /** Writes an outcome, which stays true when the run has to stop: gives up only when the process must end. */
  writeOutcome<T>(operation: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.write(operation, this.shutdown.writeDeadline, work);
  }

  /** @throws DatabaseUnavailable once `giveUp` is aborted */
  read<T>(what: string, giveUp: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    const policy: RetryPolicy = {
      when: (error) => error instanceof DatabaseUnavailable && !giveUp.aborted,
      pauseMs: exponential(FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
      onRetry: (error, wait_ms) =>
        this.logger.warn({ err: error, operation: what, wait_ms }, 'a run waits for the database'),
    };
    return withRetries(policy, attempt);
  }
}
