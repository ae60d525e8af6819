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

/** The active run is another one than the client expects, or there is none. */
export class RunChanged extends DomainError {
  readonly code = 'run.changed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(expectedRunId: string, activeRunId: string | null) {
    super(`Run ${expectedRunId} is not the active run of the session`);
    this.details = { active_run_id: activeRunId };
  }
}

export class SteerLimitReached extends DomainError {
  readonly code = 'steer.limit_reached';
  readonly kind = 'conflict';

  constructor(runId: string, limit: number) {
    super(`${limit} messages wait for run ${runId} already`);
  }
}

/** It was taken by an agent, withdrawn, or never there. */
export class SteerNotFound extends DomainError {
  readonly code = 'steer.not_found';
  readonly kind = 'not_found';

  constructor(steerId: string) {
    super(`No message ${steerId} waits for a run here`);
  }
}

export class ToolCallNotFound extends DomainError {
  readonly code = 'tool_call.not_found';
  readonly kind = 'not_found';

  constructor(callId: string) {
    super(`There is no tool call ${callId} here`);
  }
}

export class ToolCallTransitionNotAllowed extends DomainError {
  readonly code = 'tool_call.transition_not_allowed';
  readonly kind = 'conflict';

  constructor(callId: string, action: string, status: string) {
    super(`Tool call ${callId} is ${status}: ${action} is not possible`);
  }
}

/** The call is open, or ended without an answer. */
export class ToolResultNotFound extends DomainError {
  readonly code = 'tool_result.not_found';
  readonly kind = 'not_found';

  constructor(callId: string) {
    super(`Tool call ${callId} has no answer`);
  }
}

export class ToolResultExpired extends DomainError {
  readonly code = 'tool_result.expired';
  readonly kind = 'gone';

  constructor(callId: string) {
    super(
      `The whole answer to tool call ${callId} was kept for seven days; its beginning and end are in the history`,
    );
  }
}

/** The client may execute and answer only calls that `tool_call.requested` announced. */
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
    super(`Tool call ${callId} is ${status} already`);
    this.details = { call_status: status };
  }
}

/** Another client executes the call, or the answer does not say that it comes from the one that does. */
export class ToolCallClaimed extends DomainError {
  readonly code = 'tool_call.claimed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(callId: string, clientId: string) {
    super(`Tool call ${callId} is claimed by client ${clientId}`);
    this.details = { client_id: clientId };
  }
}

/** The session takes answers of clients only that have claimed the call before. */
export class ToolCallNotClaimed extends DomainError {
  readonly code = 'tool_call.not_claimed';
  readonly kind = 'conflict';

  constructor(callId: string) {
    super(`Tool call ${callId} is to be claimed first`);
  }
}
