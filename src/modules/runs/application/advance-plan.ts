import { Injectable } from '@nestjs/common';
import { Journal } from '../../../shared/application/journal.js';
import { Clock } from '../../../shared/domain/clock.js';
import { RUNTIME } from '../../../shared/domain/user-id.js';
import { PlanRepository } from '../../plans/index.js';
import { RunState } from '../domain/run.js';
import { EndPlan } from './end-plan.js';
import { held } from './held-run.js';
import { SaveRun } from './save-run.js';
import { COMPLETED, StepEnd } from './step-end.js';

/** The step of a run in which its plan goes on: the next subtask begins, or all of them are done. */
@Injectable()
export class AdvancePlan {
  constructor(
    private readonly endPlan: EndPlan,
    private readonly saveRun: SaveRun,
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  async execute(state: RunState, signal: AbortSignal): Promise<StepEnd> {
    await this.journal.write('advance_plan', signal, async (tx) => {
      const run = await held(tx, state);
      const plans = tx.get(PlanRepository);
      const plan = await plans.findOpen(state.id);
      // What was committed already though its answer was lost, or a plan that was cancelled at this moment.
      if (run.isCancelRequested || plan?.running) return;
      if (!plan) throw new Error(`run ${state.id} carries out a plan that is not there`);
      const now = this.clock.now();
      const next = plan.startNext(now);
      if (next) {
        run.workAs(next.agent);
        await plans.save(plan);
      } else {
        await this.endPlan.execute(tx, plan, { by: RUNTIME }, (act) => plan.complete(act));
        run.complete(now);
      }
      await this.saveRun.execute(tx, run);
    });
    return COMPLETED;
  }
}
