import { Global, Module } from '@nestjs/common';
import { OpenRequests } from './open-requests.js';
import { SseResponder } from './sse-responder.js';

/** What every controller may use. */
@Global()
@Module({ providers: [OpenRequests, SseResponder], exports: [SseResponder] })
export class ApiSharedModule {}
