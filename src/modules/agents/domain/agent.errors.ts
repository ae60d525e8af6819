import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

/** Enough to recognise what was asked for. */
const LONGEST_NAME = 100;

export class AgentNotFound extends DomainError {
  readonly code = 'agent.not_found';
  readonly kind = 'not_found';

  constructor(agentId: string, known: readonly string[]) {
    super(`There is no agent ${agentId.slice(0, LONGEST_NAME)}; there are ${known.join(', ')}`);
  }
}

export class AgentVersionNotFound extends DomainError {
  readonly code = 'agent.version_not_found';
  readonly kind = 'not_found';

  constructor(agentId: string, version: string, newest: number) {
    super(
      `There is no version ${version.slice(0, LONGEST_NAME)} of the agent ${agentId}; the newest is ${newest}`,
    );
  }
}

/** The new definition is based on a version that is no longer the newest. */
export class AgentVersionChanged extends DomainError {
  readonly code = 'agent.version_changed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  /** @param current 0 = there is no such agent, or no longer */
  constructor(agentId: string, current: number) {
    super(
      current === 0
        ? `There is no agent ${agentId} by now; a new one is based on no version`
        : `The agent ${agentId} is at version ${current} by now; look at it again`,
    );
    this.details = { version: String(current) };
  }
}

export class AgentNameTaken extends DomainError {
  readonly code = 'agent.name_taken';
  readonly kind = 'conflict';

  constructor(agentId: string) {
    super(`${agentId} is an agent of this installation, which its files define; choose another name`);
  }
}

export class AgentLimitReached extends DomainError {
  readonly code = 'agent.limit_reached';
  readonly kind = 'conflict';

  constructor(limit: number) {
    super(`You have ${limit} agents, which is all that a user may have; delete one first`);
  }
}
