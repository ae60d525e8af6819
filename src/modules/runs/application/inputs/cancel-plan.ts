import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { PlanQueries } from '../../../plans/index.js';
import { Accepted } from './accepted.js';
import { EndPlan } from '../lifecycle/end-plan.js';
import { lockPlan } from './lock-plan.js';
import { StopRun } from '../lifecycle/stop-run.js';

export interface CancelPlanCommand {
  readonly userId: string;
  readonly planId: string;
  readonly reason: string | undefined;
}

@Injectable()
export class CancelPlan {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly plans: PlanQueries,
    private readonly endPlan: EndPlan,
    private readonly stopRun: StopRun,
  ) {}

  /**
   * Cancels a plan, and stops the run that makes or executes it.
   * @throws PlanNotFound, PlanTransitionNotAllowed
   */
  async execute({ userId, planId, reason }: CancelPlanCommand): Promise<Accepted> {
    const { value: run, events } = await this.uow.run('cancel_plan', async (tx) => {
      const { plan, run: current } = await lockPlan(tx, planId, userId);
      await this.endPlan.end(tx, plan, 'cancel', { by: userId, reason });
      await this.stopRun.stop(tx, current);
      return current.snapshot();
    });
    const plan = await this.plans.record(planId);
    return { run, plan, lastEventId: events[0]!.seq - 1, repeated: false };
  }
}
