import { Plan } from './plan.js';

/** The plans. The unit of work holds the row lock of their run, so that changes do not race. */
export abstract class PlanRepository {
  abstract add(plan: Plan): Promise<void>;
  /** @throws PlanNotFound */
  abstract get(planId: string): Promise<Plan>;
  /**
   * The run of a user's plan. Called within the unit of work, so that a repeated request gets its stored answer even
   * after the session was deleted.
   * @throws PlanNotFound also when it belongs to another user, or its session was deleted
   */
  abstract runOf(planId: string, userId: string): Promise<string>;
  /** The plan that a run is drafting or executing, if there is one. */
  abstract findOpen(runId: string): Promise<Plan | undefined>;
  /** @throws ConcurrencyError when the row has changed since it was loaded */
  abstract save(plan: Plan): Promise<void>;
}
