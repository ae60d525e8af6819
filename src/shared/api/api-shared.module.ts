import { Global, Module } from '@nestjs/common';
import { SseResponder } from './sse-responder.js';

/** What every controller may use. */
@Global()
@Module({ providers: [SseResponder], exports: [SseResponder] })
export class ApiSharedModule {}
