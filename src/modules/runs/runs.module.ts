import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { ApprovalsModule } from '../approvals/index.js';
import { ConversationsModule } from '../conversations/index.js';
import { JobHandlers, JobsModule } from '../jobs/index.js';
import { ModelsModule } from '../models/index.js';
import { PlansModule } from '../plans/index.js';
import { SessionsModule } from '../sessions/index.js';
import { DecisionsController } from './api/decisions.controller.js';
import { EventsController } from './api/events.controller.js';
import { InputsController } from './api/inputs.controller.js';
import { RunsController } from './api/runs.controller.js';
import { AgentJob } from './application/agent-job.js';
import { AdvancePlan } from './application/advance-plan.js';
import { AnswerStep } from './application/answer-step.js';
import { ApplyDecision } from './application/apply-decision.js';
import { BeginRun } from './application/begin-run.js';
import { CancelPlan } from './application/cancel-plan.js';
import { CancelRun } from './application/cancel-run.js';
import { ClassifyTask } from './application/classify-task.js';
import { DeadlineWatch } from './application/deadline-watch.js';
import { DecideApproval } from './application/decide-approval.js';
import { EndPlan } from './application/end-plan.js';
import { ExpireApprovals } from './application/expire-approvals.js';
import { ExpireToolCalls } from './application/expire-tool-calls.js';
import { JudgeReply } from './application/judge-reply.js';
import { ModelCalls } from './application/model-calls.js';
import { Orchestrator } from './application/orchestrator.js';
import { PrepareTurn } from './application/prepare-turn.js';
import { ProposePlan } from './application/propose-plan.js';
import { RecordFailure } from './application/record-failure.js';
import { RecordReply } from './application/record-reply.js';
import { ReportRun } from './application/report-run.js';
import { RetryPlan } from './application/retry-plan.js';
import { RunMetrics } from './application/run-metrics.js';
import { Leases } from './application/leases.js';
import { TakeOverRun } from './application/take-over-run.js';
import { RecoverRuns } from './application/recover-runs.js';
import { RecoveryWatch } from './application/recovery-watch.js';
import { StartQueuedRun } from './application/start-queued-run.js';
import { StopRun } from './application/stop-run.js';
import { RunNotices } from './infrastructure/run-notices.js';
import { RunSupervisor } from './application/run-supervisor.js';
import { RunQueries } from './application/run.queries.js';
import { SaveRun } from './application/save-run.js';
import { SetInMotion } from './application/set-in-motion.js';
import { SettleOpenCalls } from './application/settle-open-calls.js';
import { SendUserMessage } from './application/send-user-message.js';
import { SubmitToolResult } from './application/submit-tool-result.js';
import { SwitchAgent } from './application/switch-agent.js';
import { ToolAnswers } from './application/tool-answers.js';
import { RunRepository } from './domain/run.repository.js';
import { ToolCallRepository } from './domain/tool-call.repository.js';
import { PrometheusRunMetrics, RUN_METRICS } from './infrastructure/prometheus-run-metrics.js';
import { RunSchema, ToolCallSchema } from './infrastructure/run.row.js';
import { SqlRunQueries } from './infrastructure/sql-run.queries.js';
import { SqlRunRepository } from './infrastructure/sql-run.repository.js';
import { WAITING_METRICS } from './infrastructure/waiting.metrics.js';
import { SqlToolCallRepository } from './infrastructure/sql-tool-call.repository.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([RunSchema, ToolCallSchema]),
    AgentsModule,
    ModelsModule,
    SessionsModule,
    ConversationsModule,
    ApprovalsModule,
    PlansModule,
    JobsModule,
  ],
  controllers: [InputsController, DecisionsController, EventsController, RunsController],
  providers: [
    SendUserMessage,
    SubmitToolResult,
    SwitchAgent,
    DecideApproval,
    CancelPlan,
    RetryPlan,
    CancelRun,
    StopRun,
    BeginRun,
    StartQueuedRun,
    TakeOverRun,
    RecoverRuns,
    RecoveryWatch,
    RunNotices,
    ...RUN_METRICS,
    ...WAITING_METRICS,
    Leases,
    ToolAnswers,
    ApplyDecision,
    ExpireToolCalls,
    ExpireApprovals,
    DeadlineWatch,
    ReportRun,
    Orchestrator,
    ClassifyTask,
    PrepareTurn,
    AnswerStep,
    AdvancePlan,
    JudgeReply,
    RecordReply,
    RecordFailure,
    ProposePlan,
    EndPlan,
    SaveRun,
    SetInMotion,
    SettleOpenCalls,
    ModelCalls,
    RunSupervisor,
    AgentJob,
    { provide: RunQueries, useClass: SqlRunQueries },
    { provide: RunMetrics, useClass: PrometheusRunMetrics },
  ],
})
export class RunsModule {
  constructor(repositories: RepositoryRegistry, jobs: JobHandlers, agentJob: AgentJob, config: Config) {
    jobs.register(agentJob);
    repositories.register(RunRepository, (context) => new SqlRunRepository(context, config.runLeaseSeconds));
    repositories.register(ToolCallRepository, (context) => new SqlToolCallRepository(context));
  }
}
