import { DynamicModule, Module } from '@nestjs/common';
import { HealthController } from './api/health.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { AnswerProbe } from './application/answer-probe.js';

/** The routes for probes and scrapes alone. What they answer from belongs to the application that they tell of. */
@Module({ controllers: [HealthController, MetricsController] })
export class OperationModule {
  static of(answerProbe: AnswerProbe): DynamicModule {
    return { module: OperationModule, providers: [{ provide: AnswerProbe, useValue: answerProbe }] };
  }
}
