import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './api/health.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { DatabasePing } from './application/database-ping.js';
import { MetricsText } from './application/metrics-text.js';
import { Readiness } from './application/readiness.js';
import { OperationServer } from './infrastructure/operation-server.js';
import { PrometheusMetricsText } from './infrastructure/prometheus-metrics-text.js';
import { SqlDatabasePing } from './infrastructure/sql-database-ping.js';
import { TerminusReadiness } from './infrastructure/terminus-readiness.js';

@Module({
  imports: [TerminusModule],
  controllers: [HealthController, MetricsController],
  providers: [
    OperationServer,
    { provide: Readiness, useClass: TerminusReadiness },
    { provide: DatabasePing, useClass: SqlDatabasePing },
    { provide: MetricsText, useClass: PrometheusMetricsText },
  ],
})
export class HealthModule {}
