import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export class PlanNotFound extends DomainError {
  readonly code = 'plan.not_found';
  readonly kind = 'not_found';

  constructor(planId: string) {
    super(`There is no plan ${planId}`);
  }
}

export class PlanTransitionNotAllowed extends DomainError {
  readonly code = 'plan.transition_not_allowed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(planId: string, what: string, status: string, allowed: readonly string[]) {
    const instead = allowed.length > 0 ? `possible are ${allowed.join(', ')}` : 'there is nothing to decide';
    super(`Plan ${planId} is ${status}: ${what} is not possible; ${instead}`);
    // The API's names of the decisions, where they differ from the actions.
    const actions = allowed.map((action) => (action === 'request_changes' ? 'modify' : action));
    this.details = { plan_status: status, allowed_actions: actions };
  }
}

/** The decision is about another version than the one in review. */
export class PlanVersionChanged extends DomainError {
  readonly code = 'plan.version_changed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(planId: string, version: number) {
    super(`Plan ${planId} is at version ${version} by now; look at it again`);
    this.details = { plan_version: version };
  }
}
