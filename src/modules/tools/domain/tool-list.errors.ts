import { DomainError } from '../../../shared/domain/domain-error.js';

export class ToolNameTaken extends DomainError {
  readonly code = 'tool.name_taken';
  readonly kind = 'conflict';

  private constructor(message: string) {
    super(message);
  }

  static byRuntime(name: string): ToolNameTaken {
    return new ToolNameTaken(`${name} is too much like a tool of the runtime; choose another name`);
  }

  static twice(name: string): ToolNameTaken {
    return new ToolNameTaken(`The list names ${name} twice`);
  }

  static byClient(name: string, clientId: string): ToolNameTaken {
    return new ToolNameTaken(`The client ${clientId} has declared a tool ${name} already`);
  }
}

export class ToolLimitReached extends DomainError {
  readonly code = 'tool.limit_reached';
  readonly kind = 'conflict';

  constructor(limit: string) {
    super(`The clients of a session have at most ${limit} together`);
  }
}
