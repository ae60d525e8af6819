import { DomainError } from '../../../shared/domain/domain-error.js';

export class SessionNotFound extends DomainError {
  readonly code = 'session.not_found';
  readonly kind = 'not_found';

  constructor(sessionId: string) {
    super(`There is no session ${sessionId}`);
  }
}

export class SessionArchived extends DomainError {
  readonly code = 'session.archived';
  readonly kind = 'conflict';

  constructor(sessionId: string) {
    super(`Session ${sessionId} is archived; restore it (archived: false) to go on`);
  }
}

export class SessionBusy extends DomainError {
  readonly code = 'run.in_progress';
  readonly kind = 'conflict';

  constructor(sessionId: string) {
    super(`Session ${sessionId} has an active run, or one that is queued; wait for its end`);
  }
}
