import { Global, Module } from '@nestjs/common';
import { Authentication } from './authentication.js';
import { OpenRequests } from './open-requests.js';
import { RequestLog } from './request-log.js';
import { SseResponder } from './sse-responder.js';
import { StreamLimit } from './stream-limit.js';
import { UntakenAnswers } from './untaken-answers.js';

/** What every controller may use. */
@Global()
@Module({
  providers: [Authentication, OpenRequests, RequestLog, SseResponder, StreamLimit, UntakenAnswers],
  exports: [SseResponder, StreamLimit],
})
export class ApiSharedModule {}
