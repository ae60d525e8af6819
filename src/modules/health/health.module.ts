import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { JobsModule } from '../jobs/index.js';
import { HealthController } from './api/health.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { AnswerProbe } from './application/answer-probe.js';
import { DatabaseProbe } from './application/database-probe.js';
import { Readiness } from './application/readiness.js';
import { SqlDatabaseProbe } from './infrastructure/sql-database-probe.js';
import { TerminusReadiness } from './infrastructure/terminus-readiness.js';

@Module({
  imports: [
    PrometheusModule.register({ controller: MetricsController }),
    // Terminus would log text instead of JSON; the indicators log their failures themselves.
    TerminusModule.forRoot({ logger: false }),
    JobsModule,
  ],
  controllers: [HealthController],
  providers: [
    AnswerProbe,
    { provide: Readiness, useClass: TerminusReadiness },
    { provide: DatabaseProbe, useClass: SqlDatabaseProbe },
  ],
})
export class HealthModule {}
