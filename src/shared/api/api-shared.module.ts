import { Global, Module } from '@nestjs/common';
import { Authentication } from './authentication.js';
import { LargeBodies } from './large-bodies.js';
import { OpenRequests } from './open-requests.js';
import { PacedFeeds } from './paced-feeds.js';
import { RequestLog } from './request-log.js';
import { SseTransport } from './sse-transport.js';
import { UnreadResponses } from './unread-responses.js';

/** What every controller may use. */
@Global()
@Module({
  providers: [
    Authentication,
    LargeBodies,
    OpenRequests,
    PacedFeeds,
    RequestLog,
    SseTransport,
    UnreadResponses,
  ],
  exports: [LargeBodies, SseTransport],
})
export class ApiSharedModule {}
