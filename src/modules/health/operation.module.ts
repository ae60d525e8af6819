import { DynamicModule, Module } from '@nestjs/common';
import { HealthController } from './api/health.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { AnswerProbe } from './application/answer-probe.js';

/** The routes for probes and scrapes only. Their services are those of the main application. */
@Module({ controllers: [HealthController, MetricsController] })
export class OperationModule {
  static of(answerProbe: AnswerProbe): DynamicModule {
    return { module: OperationModule, providers: [{ provide: AnswerProbe, useValue: answerProbe }] };
  }
}
