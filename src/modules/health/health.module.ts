import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { JobsModule } from '../jobs/index.js';
import { HealthController } from './api/health.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { AnswerProbe } from './application/answer-probe.js';
import { DatabaseProbe } from './application/database-probe.js';
import { MetricsText } from './application/metrics-text.js';
import { Readiness } from './application/readiness.js';
import { OperationServer } from './infrastructure/operation-server.js';
import { PrometheusMetricsText } from './infrastructure/prometheus-metrics-text.js';
import { SqlDatabaseProbe } from './infrastructure/sql-database-probe.js';
import { TerminusReadiness } from './infrastructure/terminus-readiness.js';

@Module({
  // Its own log lines are no JSON; what is wrong is said by whoever finds it.
  imports: [TerminusModule.forRoot({ logger: false }), JobsModule],
  controllers: [HealthController, MetricsController],
  providers: [
    AnswerProbe,
    OperationServer,
    { provide: Readiness, useClass: TerminusReadiness },
    { provide: DatabaseProbe, useClass: SqlDatabaseProbe },
    { provide: MetricsText, useClass: PrometheusMetricsText },
  ],
})
export class HealthModule {}
