import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { ApprovalsModule } from '../approvals/index.js';
import { ContextModule } from '../context/index.js';
import { ConversationsModule } from '../conversations/index.js';
import { JobHandlers, JobsModule } from '../jobs/index.js';
import { BlobsModule } from '../blobs/index.js';
import { ModelsModule } from '../models/index.js';
import { PlansModule } from '../plans/index.js';
import { PassingContents, SessionsModule, UnfinishedRuns } from '../sessions/index.js';
import { ToolsModule } from '../tools/index.js';
import { DecisionsController } from './api/decisions.controller.js';
import { EventsController } from './api/events.controller.js';
import { InputsController } from './api/inputs.controller.js';
import { RunsController } from './api/runs.controller.js';
import { SteersController } from './api/steers.controller.js';
import { ToolCallsController } from './api/tool-calls.controller.js';
import { AgentJob } from './application/supervision/agent-job.js';
import { AdvancePlan } from './application/orchestration/advance-plan.js';
import { AskAgentStep } from './application/orchestration/ask-agent-step.js';
import { ApplyDecision } from './application/settlement/apply-decision.js';
import { ContinueReply } from './application/orchestration/continue-reply.js';
import { ChooseModel } from './application/lifecycle/choose-model.js';
import { ActivateRun } from './application/lifecycle/activate-run.js';
import { CancelPlan } from './application/inputs/cancel-plan.js';
import { CancelRun } from './application/inputs/cancel-run.js';
import { ClassifyTask } from './application/orchestration/classify-task.js';
import { ClaimToolCall } from './application/inputs/claim-tool-call.js';
import { DeadlineWatch } from './application/supervision/deadline-watch.js';
import { DecideApproval } from './application/inputs/decide-approval.js';
import { EndPlan } from './application/lifecycle/end-plan.js';
import { ExpireApprovals } from './application/supervision/expire-approvals.js';
import { ExpireToolCalls } from './application/supervision/expire-tool-calls.js';
import { JudgeReply } from './application/orchestration/judge-reply.js';
import { ModelCalls } from './application/lifecycle/model-calls.js';
import { ObtainReply } from './application/orchestration/obtain-reply.js';
import { Orchestrator } from './application/orchestration/orchestrator.js';
import { ReadResult } from './application/orchestration/read-result.js';
import { ProposePlan } from './application/orchestration/propose-plan.js';
import { RecordFailure } from './application/lifecycle/record-failure.js';
import { ApplyCalls } from './application/orchestration/apply-calls.js';
import { ConsentToCalls } from './application/orchestration/consent-to-calls.js';
import { Drafts } from './application/orchestration/drafts.js';
import { ApplyReply } from './application/orchestration/apply-reply.js';
import { ReportRun } from './application/lifecycle/report-run.js';
import { RetryPlan } from './application/inputs/retry-plan.js';
import { RunMetrics } from './application/run-metrics.js';
import { ReclaimCall } from './application/settlement/reclaim-call.js';
import { ReleaseLapsedClaims } from './application/supervision/release-lapsed-claims.js';
import { ReleaseToolCall } from './application/inputs/release-tool-call.js';
import { Leases } from './application/lifecycle/leases.js';
import { TakeOverRun } from './application/lifecycle/take-over-run.js';
import { RecoverRuns } from './application/supervision/recover-runs.js';
import { RecoveryWatch } from './application/supervision/recovery-watch.js';
import { StartQueuedRun } from './application/supervision/start-queued-run.js';
import { StopRun } from './application/lifecycle/stop-run.js';
import { FirstAnswers } from './infrastructure/first-answers.js';
import { RunNotices } from './infrastructure/run-notices.js';
import { RunSupervisor } from './application/supervision/run-supervisor.js';
import { RunQueries } from './application/run.queries.js';
import { ToolResultQueries } from './application/tool-result.queries.js';
import { ViewToolResult } from './application/view-tool-result.js';
import { RunWriter } from './application/lifecycle/run-writer.js';
import { StreamReply } from './application/orchestration/stream-reply.js';
import { CallDeadline } from './application/lifecycle/call-deadline.js';
import { GuardFiles } from './application/lifecycle/guard-files.js';
import { SettleToolCall } from './application/lifecycle/settle-tool-call.js';
import { SettleOpenCalls } from './application/lifecycle/settle-open-calls.js';
import { FindImages } from './application/inputs/find-images.js';
import { SendUserMessage } from './application/inputs/send-user-message.js';
import { QueueSteers } from './application/lifecycle/queue-steers.js';
import { TakeSteers } from './application/lifecycle/take-steers.js';
import { WithdrawSteer } from './application/inputs/withdraw-steer.js';
import { TitleSession } from './application/supervision/title-session.js';
import { SubmitToolResult } from './application/inputs/submit-tool-result.js';
import { SwitchAgent } from './application/inputs/switch-agent.js';
import { ResumeRun } from './application/settlement/resume-run.js';
import { RunRepository } from './domain/run.repository.js';
import { SteerRepository } from './domain/steer.repository.js';
import { ToolCallRepository } from './domain/tool-call.repository.js';
import { FileVersionRepository } from './domain/file-version.repository.js';
import { ToolResultRepository } from './domain/tool-result.repository.js';
import { PrometheusRunMetrics, RUN_METRICS } from './infrastructure/run.metrics.js';
import { RunSchema, ToolCallSchema } from './infrastructure/run.row.js';
import { FileVersionSchema } from './infrastructure/file-version.row.js';
import { SqlFileVersionRepository } from './infrastructure/sql-file-version.repository.js';
import { SqlPassingContents } from './infrastructure/sql-passing-contents.js';
import { SqlRunQueries } from './infrastructure/sql-run.queries.js';
import { SqlRunRepository } from './infrastructure/sql-run.repository.js';
import { WAITING_METRICS } from './infrastructure/waiting.metrics.js';
import { SqlSteerRepository } from './infrastructure/sql-steer.repository.js';
import { SteerSchema } from './infrastructure/steer.row.js';
import { SqlToolCallRepository } from './infrastructure/sql-tool-call.repository.js';
import { SqlToolResultQueries } from './infrastructure/sql-tool-result.queries.js';
import { SqlToolResultRepository } from './infrastructure/sql-tool-result.repository.js';
import { SqlUnfinishedRuns } from './infrastructure/sql-unfinished-runs.js';
import { ToolResultPruner } from './infrastructure/tool-result-pruner.js';
import { ToolResultSchema } from './infrastructure/tool-result.row.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([RunSchema, SteerSchema, ToolCallSchema, ToolResultSchema, FileVersionSchema]),
    AgentsModule,
    BlobsModule,
    ModelsModule,
    SessionsModule,
    ConversationsModule,
    ContextModule,
    ApprovalsModule,
    PlansModule,
    JobsModule,
    ToolsModule,
  ],
  controllers: [
    InputsController,
    SteersController,
    DecisionsController,
    EventsController,
    RunsController,
    ToolCallsController,
  ],
  providers: [
    // inputs: what a client sends
    FindImages,
    SendUserMessage,
    WithdrawSteer,
    SubmitToolResult,
    ClaimToolCall,
    ReleaseToolCall,
    SwitchAgent,
    DecideApproval,
    CancelPlan,
    RetryPlan,
    CancelRun,
    // supervision: what this process keeps going
    RunSupervisor,
    AgentJob,
    StartQueuedRun,
    RecoverRuns,
    RecoveryWatch,
    RunNotices,
    TitleSession,
    FirstAnswers,
    ExpireToolCalls,
    ReleaseLapsedClaims,
    ExpireApprovals,
    DeadlineWatch,
    // orchestration: the loop and its steps
    Orchestrator,
    ClassifyTask,
    AskAgentStep,
    Drafts,
    AdvancePlan,
    ObtainReply,
    StreamReply,
    ContinueReply,
    JudgeReply,
    ApplyReply,
    ApplyCalls,
    ConsentToCalls,
    ProposePlan,
    ReadResult,
    // settlement: what an answer leads to
    ApplyDecision,
    ReclaimCall,
    ResumeRun,
    // lifecycle: how a run begins and ends
    ActivateRun,
    ChooseModel,
    TakeOverRun,
    StopRun,
    RecordFailure,
    RunWriter,
    TakeSteers,
    QueueSteers,
    EndPlan,
    ModelCalls,
    SettleOpenCalls,
    SettleToolCall,
    GuardFiles,
    CallDeadline,
    Leases,
    ReportRun,
    ...RUN_METRICS,
    ...WAITING_METRICS,
    { provide: RunQueries, useClass: SqlRunQueries },
    // what tools answered at length
    ViewToolResult,
    ToolResultPruner,
    { provide: ToolResultQueries, useClass: SqlToolResultQueries },
    { provide: RunMetrics, useClass: PrometheusRunMetrics },
  ],
})
export class RunsModule {
  constructor(repositories: RepositoryRegistry, jobs: JobHandlers, agentJob: AgentJob, config: Config) {
    jobs.register(agentJob);
    repositories.register(RunRepository, (context) => new SqlRunRepository(context, config.runLeaseSeconds));
    repositories.register(SteerRepository, (context) => new SqlSteerRepository(context));
    repositories.register(ToolCallRepository, (context) => new SqlToolCallRepository(context));
    repositories.register(ToolResultRepository, (context) => new SqlToolResultRepository(context));
    repositories.register(FileVersionRepository, (context) => new SqlFileVersionRepository(context));
    repositories.register(PassingContents, (context) => new SqlPassingContents(context));
    repositories.register(UnfinishedRuns, (context) => new SqlUnfinishedRuns(context));
  }
}
