import { MiddlewareConsumer, Module, NestModule } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { RuntimeModule } from './runtime.module.js';
import { IdempotencyInterceptor } from './shared/api/idempotency-interceptor.js';
import { ProblemFilter } from './shared/api/problem-filter.js';
import { validationPipe } from './shared/api/validation-pipe.js';
import { HttpMetrics } from './shared/infrastructure/metrics/http.metrics.js';

/** The process that speaks HTTP. */
@Module({
  imports: [RuntimeModule],
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
