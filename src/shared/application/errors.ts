import { DomainError } from '../domain/domain-error.js';

/**
 * PostgreSQL cannot be reached, or ended the connection: what was being written is rolled back, or its fate unknown. Or it
 * is there and too busy, and all connections or a row are kept by others: then it is rolled back.
 */
export class DatabaseUnavailable extends DomainError {
  readonly code = 'database.unavailable';
  readonly kind = 'unavailable';

  constructor(cause: unknown, isBusy = false) {
    super(`The database ${isBusy ? 'is too busy' : 'cannot be reached'} at the moment; try again`);
    this.cause = cause;
  }
}

/**
 * PostgreSQL refuses what was to be written, for a reason that nobody foresaw (a full disk, a row it cannot hold).
 * Everything is rolled back. A defect of the server: a client learns no more than that.
 */
export class StorageFailed extends Error {
  constructor(operation: string, cause: unknown) {
    super(`${operation} could not be stored`, { cause });
    this.name = 'StorageFailed';
  }
}

/** The process is about to end and takes nothing new. */
export class ServerDraining extends DomainError {
  readonly code = 'server.draining';
  readonly kind = 'unavailable';

  constructor() {
    super('The server is about to stop; try again in a moment');
  }
}

/** The key stands for another request of this user: another address, or another body. */
export class IdempotencyKeyReused extends DomainError {
  readonly code = 'idempotency.key_reused';
  readonly kind = 'unprocessable';

  constructor() {
    super('This Idempotency-Key was used for another request; take a new one');
  }
}
