import { DomainError } from '../domain/domain-error.js';

/** PostgreSQL cannot be reached, or ended the connection. What was being written is rolled back, or its fate unknown. */
export class DatabaseUnavailable extends DomainError {
  readonly code = 'database.unavailable';
  readonly kind = 'unavailable';

  constructor(cause: unknown) {
    super('The database cannot be reached, or is too busy, at the moment; try again');
    this.cause = cause;
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
