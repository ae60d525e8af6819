import { Plan } from './plan.js';

/** The plans, inside a unit of work that holds the row of their run: nobody else changes them meanwhile. */
export abstract class PlanRepository {
  abstract add(plan: Plan): Promise<void>;
  /** @throws PlanNotFound */
  abstract get(planId: string): Promise<Plan>;
  /**
   * The same, for its user. Asked within the unit of work, so that a request that is repeated finds what it led to also
   * after the session was deleted.
   * @throws PlanNotFound also when it is somebody else's, or its session was deleted
   */
  abstract getOwned(planId: string, userId: string): Promise<Plan>;
  /** The plan that a run is making or carrying out, where there is one. */
  abstract findOpen(runId: string): Promise<Plan | undefined>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(plan: Plan): Promise<void>;
}
