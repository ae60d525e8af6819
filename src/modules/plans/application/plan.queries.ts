import { Page, PageRequest } from '../../../shared/application/page.js';
import { PlanStatus } from '../domain/plan.states.js';
import { PlanState, PlanTransition } from '../domain/plan-state.js';

/** A plan with its history, oldest first. */
export interface PlanRecord {
  readonly plan: PlanState;
  readonly history: readonly PlanTransition[];
}

/** Filters a list of plans; unset = all. */
export interface PlanFilter {
  readonly status: PlanStatus | undefined;
}

/** Reads plans for the API. */
export abstract class PlanQueries {
  /** Of a session, newest first. */
  abstract list(sessionId: string, filter: PlanFilter, page: PageRequest): Promise<Page<PlanRecord>>;
  /** In all sessions of the user, newest first. */
  abstract listOwned(userId: string, filter: PlanFilter, page: PageRequest): Promise<Page<PlanRecord>>;
  /** @throws PlanNotFound also when it belongs to another user */
  abstract view(planId: string, userId: string): Promise<PlanRecord>;
  /** Without a check of the owner, for a caller that has just changed the plan. */
  abstract record(planId: string): Promise<PlanRecord>;
  /** The plan that a run is drafting or executing, for the process that executes the run. */
  abstract findOpen(runId: string): Promise<PlanState | undefined>;
}
