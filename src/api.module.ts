import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { Config } from './config/config.js';
import { RuntimeModule } from './runtime.module.js';
import { AnswerInterceptor } from './shared/api/answer.js';
import { IdempotencyInterceptor } from './shared/api/idempotency-interceptor.js';
import { ProblemFilter } from './shared/api/problem-filter.js';
import { QueryGuard } from './shared/api/query-guard.js';
import { ReadLimit } from './shared/api/read-limit.js';
import { RateLimit } from './shared/api/rate-limit.js';
import { validationPipe } from './shared/api/validation-pipe.js';
import { HTTP_METRICS, HttpMetrics } from './shared/infrastructure/metrics/http.metrics.js';
import { RequestRates } from './shared/infrastructure/persistence/request-rates.js';

/** The process that serves HTTP. */
@Module({
  imports: [
    RuntimeModule,
    ThrottlerModule.forRootAsync({
      inject: [Config, RequestRates],
      useFactory: ({ rateLimitPerMinute: limit }: Config, storage: RequestRates) => ({
        throttlers: [{ limit, ttl: 60_000 }],
        skipIf: () => limit === 0,
        storage,
      }),
    }),
  ],
  providers: [
    HttpMetrics,
    ...HTTP_METRICS,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: RateLimit },
    { provide: APP_GUARD, useClass: QueryGuard },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ReadLimit },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class ApiModule {}
