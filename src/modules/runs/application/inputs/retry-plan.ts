import { Injectable } from '@nestjs/common';
import { currentTraceparent } from '../../../../shared/application/log-context.js';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { AgentDirectory, AgentRegistry, StoredAgents } from '../../../agents/index.js';
import { PlanQueries, PlanRepository } from '../../../plans/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { KeepTools } from '../../../tools/index.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { Accepted } from './accepted.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { Leases } from '../lifecycle/leases.js';
import { lockPlan } from './lock-plan.js';
import { RunSupervisor } from '../supervision/run-supervisor.js';

@Injectable()
export class RetryPlan {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly plans: PlanQueries,
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly chooseModel: ChooseModel,
    private readonly keepTools: KeepTools,
    private readonly leases: Leases,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Continues a failed plan from the failed subtask, in a run of its own.
   * @throws PlanNotFound, PlanTransitionNotAllowed, SessionArchived, SessionBusy, ServerDraining
   */
  async execute(command: { userId: string; planId: string; reason: string | undefined }): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const { userId, planId, reason } = command;
    const traceparent = currentTraceparent();
    const { value, events } = await this.uow.run('retry_plan', async (tx) => {
      const { plan } = await lockPlan(tx, planId, userId);
      const session = await tx.get(SessionRepository).peek(plan.snapshot().sessionId, userId);
      session.requireOpen();
      const now = this.clock.now();
      const runId = this.ids.next();
      plan.retry(runId, { id: this.ids.next(), by: userId, ...(reason && { reason }), now });
      const next = plan.snapshot().subtasks.find(({ status }) => status === 'pending');
      const run = Run.create({
        id: runId,
        sessionId: session.id,
        userId,
        planId,
        // All subtasks may be done, if the run was cut just before it completed the plan.
        agent: next?.agent ?? this.agents.defaultAgent().id,
        trigger: 'plan_retry',
        traceparent,
        now,
      });
      run.activate({
        agent: this.chooseModel.agent(
          await this.directory.ofRun(run.snapshot(), run.agent, tx.get(StoredAgents)),
        ),
        choice: this.chooseModel.ofSession(session),
        toolsDigest: this.keepTools.keep(tx, session.id, await this.keepTools.read(tx, session.id)),
        workspaceDigest: session.snapshot().workspaceDigest,
        entry: 'retry_plan',
        lease: this.leases.next(),
        now,
      });
      await tx.get(RunRepository).add(run);
      await tx.get(PlanRepository).save(plan);
      return run.snapshot();
    });
    this.supervisor.start(value);
    const plan = await this.plans.record(planId);
    return { run: value, plan, lastEventId: events[0]!.seq - 1, repeated: false };
  }
}
