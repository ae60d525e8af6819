import { createServer } from 'node:http';
import { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Response } from 'express';
import { answerClientErrors } from './shared/api/client-errors.js';

/** How much, and how long, the server listens to somebody before it knows what is wanted. */
export const HTTP_LIMITS = {
  /** All headers of a request together, in bytes. */
  maxHeaderSize: 16 * 1024,
  /** From the beginning of a request to the end of its headers, in milliseconds. */
  headersTimeout: 10_000,
  /** From the beginning of a request to the end of its body, in milliseconds. */
  requestTimeout: 60_000,
  /** How often both are looked at. */
  connectionsCheckingInterval: 1_000,
  /**
   * How long a connection stays open for the next request. Longer than proxies keep theirs (nginx: 60 s): the one that
   * closes first must be the one that sends, or a request meets a closed connection.
   */
  keepAliveTimeout: 75_000,
};

/** The framework's web server, with limits that can only be given when a server is made, and answers that go on. */
export class LimitedHttpServer extends ExpressAdapter {
  constructor(private readonly limits = HTTP_LIMITS) {
    super();
  }

  override initHttpServer(_options: NestApplicationOptions): void {
    // A request without a host is refused like others, by a middleware.
    this.httpServer = createServer({ ...this.limits, requireHostHeader: false }, this.getInstance());
    answerClientErrors(this.httpServer);
  }

  /** What an interceptor has begun to write (EventFeedInterceptor) is not written by the framework as well. */
  override reply(response: Response, body: unknown, status?: number): unknown {
    const isWritten = response.headersSent || response.destroyed;
    return body === undefined && isWritten ? response : super.reply(response, body, status);
  }

  /** Whoever is still connected has had the time to take an answer. */
  override close(): Promise<void> {
    const closed = super.close() as Promise<void>;
    this.httpServer.closeAllConnections();
    return closed;
  }
}
