import { Global, Module } from '@nestjs/common';
import { SseFrames } from './sse-frames.js';

/** What every controller may use. */
@Global()
@Module({ providers: [SseFrames], exports: [SseFrames] })
export class ApiSharedModule {}
