import { Page, PageRequest } from '../../../shared/application/page.js';
import { PlanState, PlanTransition } from '../domain/plan-state.js';

/** A plan with everything that was decided on it, oldest first. */
export interface PlanRecord {
  readonly plan: PlanState;
  readonly history: readonly PlanTransition[];
}

/** Plans as they are shown. */
export abstract class PlanQueries {
  /** Newest first. */
  abstract list(sessionId: string, page: PageRequest): Promise<Page<PlanRecord>>;
  /** @throws PlanNotFound also when it belongs to somebody else */
  abstract view(planId: string, userId: string): Promise<PlanRecord>;
  /** Whoever's it is: for one who has just changed it. */
  abstract record(planId: string): Promise<PlanRecord>;
  /** The plan that a run is making or carrying out, for whoever carries the run out. */
  abstract findOpen(runId: string): Promise<PlanState | undefined>;
}
