import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { ConcurrencyError } from '../../../../shared/domain/domain-error.js';
import { Plan, PlanRepository } from '../../../plans/index.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';

/**
 * Loads a plan of the user for a change, and locks the run it belongs to.
 * @throws PlanNotFound
 * @throws ConcurrencyError when the plan has just got another run; the unit of work is repeated
 */
export async function lockPlan(
  tx: Transaction,
  planId: string,
  userId: string,
): Promise<{ plan: Plan; run: Run }> {
  const plans = tx.get(PlanRepository);
  const runId = await plans.runOf(planId, userId);
  const run = await tx.get(RunRepository).get(runId);
  const plan = await plans.get(planId);
  if (plan.snapshot().runId !== runId) throw new ConcurrencyError(`plan ${planId}`);
  return { plan, run };
}
