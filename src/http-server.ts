import { type RequestListener, type Server, createServer } from 'node:http';
import { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Response } from 'express';
import { answerClientErrors } from './shared/api/client-errors.js';
import { deferContinue } from './shared/api/deferred-continue.js';

/** Limits for requests before they are routed. */
export const HTTP_LIMITS = {
  /** All headers of a request together, in bytes. */
  maxHeaderSize: 16 * 1024,
  /** From the beginning of a request to the end of its headers, in milliseconds. */
  headersTimeout: 10_000,
  /** From the beginning of a request to the end of its body, in milliseconds. */
  requestTimeout: 60_000,
  /** How often the timeouts are checked. */
  connectionsCheckingInterval: 1_000,
  /**
   * How long an idle connection stays open. Longer than the keep-alive of proxies (nginx: 60 s): the sender of
   * requests must close first, else a request meets a closed connection.
   */
  keepAliveTimeout: 75_000,
};

/** A server of HTTP with these limits. */
export function limitedServer(handler: RequestListener, limits = HTTP_LIMITS): Server {
  // requireSoundHead refuses a request without a Host header, in the form of other refusals.
  const server = createServer({ ...limits, requireHostHeader: false }, handler);
  answerClientErrors(server);
  deferContinue(server);
  return server;
}

/**
 * The framework's HTTP server, with limits that can only be given at its creation, and with responses that continue.
 */
export class LimitedHttpServer extends ExpressAdapter {
  constructor(private readonly limits = HTTP_LIMITS) {
    super();
  }

  override initHttpServer(_options: NestApplicationOptions): void {
    this.httpServer = limitedServer(this.getInstance(), this.limits);
  }

  /** A response that an interceptor has begun to write (EventFeedInterceptor) is not written by the framework again. */
  override reply(response: Response, body: unknown, status?: number): unknown {
    const isWritten = response.headersSent || response.destroyed;
    return body === undefined && isWritten ? response : super.reply(response, body, status);
  }

  /** Closes all connections: the shutdown has waited for clients to read their responses. */
  override close(): Promise<void> {
    const closed = super.close() as Promise<void>;
    this.httpServer.closeAllConnections();
    return closed;
  }
}
