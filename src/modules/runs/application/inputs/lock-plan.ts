import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { ConcurrencyError } from '../../../../shared/domain/domain-error.js';
import { Plan, PlanRepository } from '../../../plans/index.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';

/**
 * Loads a user's plan in order to change it, and the run it lives in, which is what is locked.
 * @throws PlanNotFound
 * @throws ConcurrencyError when it got another run at this moment; the unit of work is repeated
 */
export async function lockPlan(
  tx: Transaction,
  planId: string,
  userId: string,
): Promise<{ plan: Plan; run: Run }> {
  const plans = tx.get(PlanRepository);
  const { runId } = (await plans.getOwned(planId, userId)).snapshot();
  const run = await tx.get(RunRepository).get(runId);
  const plan = await plans.get(planId);
  if (plan.snapshot().runId !== runId) throw new ConcurrencyError(`plan ${planId}`);
  return { plan, run };
}
