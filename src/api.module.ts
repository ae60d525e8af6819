import { MiddlewareConsumer, Module, NestModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { CoreModule } from './core.module.js';
import { AgentsModule } from './modules/agents/index.js';
import { ApprovalsModule } from './modules/approvals/index.js';
import { ConversationsModule } from './modules/conversations/index.js';
import { HealthModule } from './modules/health/index.js';
import { PlansModule } from './modules/plans/index.js';
import { RunsModule } from './modules/runs/index.js';
import { SessionsModule } from './modules/sessions/index.js';
import { ApiSharedModule } from './shared/api/api-shared.module.js';
import { HttpMetrics } from './shared/infrastructure/metrics/http.metrics.js';
import { IdempotencyInterceptor } from './shared/api/idempotency-interceptor.js';
import { ProblemFilter } from './shared/api/problem-filter.js';
import { validationPipe } from './shared/api/validation-pipe.js';

/** The process that speaks HTTP. */
@Module({
  imports: [
    CoreModule,
    ApiSharedModule,
    AgentsModule,
    SessionsModule,
    ConversationsModule,
    ApprovalsModule,
    PlansModule,
    RunsModule,
    HealthModule,
  ],
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class ApiModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(HttpMetrics).forRoutes('{*path}');
  }
}
