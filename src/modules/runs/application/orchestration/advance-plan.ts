import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { RUNTIME } from '../../../../shared/domain/user-id.js';
import { AgentDirectory, StoredAgents } from '../../../agents/index.js';
import { PlanRepository } from '../../../plans/index.js';
import { RunState } from '../../domain/run-state.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { EndPlan } from '../lifecycle/end-plan.js';
import { RunRepository } from '../../domain/run.repository.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { COMPLETED, StepEnd } from './step-end.js';

/** The step that advances the plan of a run: starts the next subtask, or completes the plan. */
@Injectable()
export class AdvancePlan {
  constructor(
    private readonly endPlan: EndPlan,
    private readonly agents: AgentDirectory,
    private readonly chooseModel: ChooseModel,
    private readonly runWriter: RunWriter,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
  ) {}

  async advance(state: RunState, signal: AbortSignal): Promise<StepEnd> {
    await this.patience.write('advance_plan', signal, async (tx) => {
      const run = await tx.get(RunRepository).getLeased(state);
      const plans = tx.get(PlanRepository);
      const plan = await plans.findOpen(state.id);
      // The step was committed although its answer was lost, or the plan was cancelled meanwhile.
      if (run.isCancelRequested || plan?.running) return;
      if (!plan) throw new Error(`run ${state.id} executes a plan that does not exist`);
      const now = this.clock.now();
      const next = plan.startNext(now);
      if (next) {
        const agent = await this.agents.ofRun(run.snapshot(), next.agent, tx.get(StoredAgents));
        run.workAs(this.chooseModel.agent(agent));
        await plans.save(plan);
      } else {
        await this.endPlan.end(tx, plan, 'complete', { by: RUNTIME });
        run.complete(now);
      }
      await this.runWriter.save(tx, run);
    });
    return COMPLETED;
  }
}
