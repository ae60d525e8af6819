import { DomainError } from '../../../shared/domain/domain-error.js';

export class WorkspaceNotFound extends DomainError {
  readonly code = 'workspace.not_found';
  readonly kind = 'not_found';

  constructor(sessionId: string) {
    super(`No client has said which workspace session ${sessionId} is about`);
  }
}
