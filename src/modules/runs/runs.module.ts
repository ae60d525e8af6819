import { Module } from '@nestjs/common';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { ConversationsModule } from '../conversations/index.js';
import { SessionsModule } from '../sessions/index.js';
import { EventsController } from './api/events.controller.js';
import { InputsController } from './api/inputs.controller.js';
import { RunsController } from './api/runs.controller.js';
import { AnswerStep } from './application/answer-step.js';
import { ClassifyTask } from './application/classify-task.js';
import { DeadlineWatch } from './application/deadline-watch.js';
import { ExpireToolCalls } from './application/expire-tool-calls.js';
import { JudgeReply } from './application/judge-reply.js';
import { ModelCalls } from './application/model-calls.js';
import { Orchestrator } from './application/orchestrator.js';
import { RecordReply } from './application/record-reply.js';
import { RunJournal } from './application/run-journal.js';
import { RunMetrics } from './application/run-metrics.js';
import { RunSupervisor } from './application/run-supervisor.js';
import { RunQueries } from './application/run.queries.js';
import { SendUserMessage } from './application/send-user-message.js';
import { SubmitToolResult } from './application/submit-tool-result.js';
import { SwitchAgent } from './application/switch-agent.js';
import { ToolAnswers } from './application/tool-answers.js';
import { LlmCallRepository } from './domain/llm-call.js';
import { RunRepository } from './domain/run.repository.js';
import { ToolCallRepository } from './domain/tool-call.repository.js';
import { PrometheusRunMetrics } from './infrastructure/prometheus-run-metrics.js';
import { SqlRunQueries } from './infrastructure/sql-run.queries.js';
import { TypeOrmLlmCallRepository } from './infrastructure/typeorm-llm-call.repository.js';
import { TypeOrmRunRepository } from './infrastructure/typeorm-run.repository.js';
import { TypeOrmToolCallRepository } from './infrastructure/typeorm-tool-call.repository.js';

@Module({
  imports: [AgentsModule, SessionsModule, ConversationsModule],
  controllers: [InputsController, EventsController, RunsController],
  providers: [
    SendUserMessage,
    SubmitToolResult,
    SwitchAgent,
    ToolAnswers,
    ExpireToolCalls,
    DeadlineWatch,
    Orchestrator,
    ClassifyTask,
    AnswerStep,
    JudgeReply,
    RecordReply,
    ModelCalls,
    RunJournal,
    RunSupervisor,
    { provide: RunQueries, useClass: SqlRunQueries },
    { provide: RunMetrics, useClass: PrometheusRunMetrics },
  ],
})
export class RunsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(RunRepository, (context) => new TypeOrmRunRepository(context));
    repositories.register(ToolCallRepository, ({ manager }) => new TypeOrmToolCallRepository(manager));
    repositories.register(LlmCallRepository, ({ manager }) => new TypeOrmLlmCallRepository(manager));
  }
}
