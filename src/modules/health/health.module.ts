import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './api/health.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { DatabasePing } from './application/database-ping.js';
import { MetricsText } from './application/metrics-text.js';
import { MetricsServer } from './infrastructure/metrics-server.js';
import { PrometheusMetricsText } from './infrastructure/prometheus-metrics-text.js';
import { SqlDatabasePing } from './infrastructure/sql-database-ping.js';

@Module({
  imports: [TerminusModule],
  controllers: [HealthController, MetricsController],
  providers: [
    MetricsServer,
    { provide: DatabasePing, useClass: SqlDatabasePing },
    { provide: MetricsText, useClass: PrometheusMetricsText },
  ],
})
export class HealthModule {}
