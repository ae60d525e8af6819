import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export class RunNotFound extends DomainError {
  readonly code = 'run.not_found';
  readonly kind = 'not_found';

  constructor(runId: string) {
    super(`There is no run ${runId}`);
  }
}

export class RunTransitionNotAllowed extends DomainError {
  readonly code = 'run.transition_not_allowed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(runId: string, what: string, state: string, allowed: readonly string[]) {
    super(`Run ${runId} is ${state}: ${what} is not possible`);
    this.details = { state, allowed_actions: [...allowed] };
  }
}

export class QueueFull extends DomainError {
  readonly code = 'run.queue_full';
  readonly kind = 'conflict';

  constructor(sessionId: string, limit: number) {
    super(`In session ${sessionId} ${limit} messages wait for their turn already`);
  }
}

/** The lease belongs to another process or has expired; this process must not write. No client gets this error. */
export class LeaseLost extends Error {
  constructor(runId: string) {
    super(`This process has lost the lease of run ${runId}`);
    this.name = 'LeaseLost';
  }
}

export class ToolCallNotFound extends DomainError {
  readonly code = 'tool_call.not_found';
  readonly kind = 'not_found';

  constructor(callId: string) {
    super(`There is no tool call ${callId} in this session`);
  }
}

/** The client may execute, and answer, only what `tool_call.requested` announced. */
export class ToolCallNotRequested extends DomainError {
  readonly code = 'tool_call.not_requested';
  readonly kind = 'conflict';
  override readonly details: JsonObject = { call_status: 'awaiting_approval' };

  constructor(callId: string) {
    super(`Tool call ${callId} awaits approval; it must not be executed before`);
  }
}

export class ToolCallAlreadySettled extends DomainError {
  readonly code = 'tool_call.already_settled';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(callId: string, status: string) {
    super(`Tool call ${callId} is ${status} already, with another outcome`);
    this.details = { call_status: status };
  }
}
