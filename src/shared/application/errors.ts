import { DomainError } from '../domain/domain-error.js';

export type DatabaseState = 'cannot be reached' | 'is too busy' | 'is read-only';

/**
 * PostgreSQL cannot be reached, has closed the connection, is too busy (no free connection, a locked row) or takes no
 * writes (a standby, a server that was replaced). A write is rolled back, unless it `mayBeStored`.
 */
export class DatabaseUnavailable extends DomainError {
  readonly code = 'database.unavailable';
  readonly kind = 'unavailable';

  /** @param mayBeStored the connection was lost between a COMMIT and its answer */
  constructor(
    cause: unknown,
    state: DatabaseState = 'cannot be reached',
    readonly mayBeStored = false,
  ) {
    super(`The database ${state} at the moment; try again`);
    this.cause = cause;
  }
}

/**
 * PostgreSQL refuses a write for an unforeseen reason (a full disk, a row it cannot hold). Everything is rolled back.
 * A defect of the server: a client learns no more than that.
 */
export class StorageFailed extends Error {
  constructor(operation: string, cause: unknown) {
    super(`${operation} could not be stored`, { cause });
    this.name = 'StorageFailed';
  }
}

/** The process is shutting down and accepts no new work. */
export class ServerDraining extends DomainError {
  readonly code = 'server.draining';
  readonly kind = 'unavailable';

  constructor() {
    super('The server is about to stop; try again in a moment');
  }
}

/** The user has sent this key with another request: another address, or another body. */
export class IdempotencyKeyReused extends DomainError {
  readonly code = 'idempotency.key_reused';
  readonly kind = 'unprocessable';

  constructor() {
    super('This Idempotency-Key was used for another request; take a new one');
  }
}
