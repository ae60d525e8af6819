import { Injectable, NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Histogram, Registry } from 'prom-client';

/** How long requests take. A stream counts from its beginning to its end. */
@Injectable()
export class HttpMetrics implements NestMiddleware {
  private readonly duration: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Requests by route',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
      registers: [registry],
    });
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const begunAt = performance.now();
    response.once('close', () => {
      // The pattern, not the address: labels never hold ids.
      const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
      const labels = { method: request.method, route, status: String(response.statusCode) };
      this.duration.observe(labels, (performance.now() - begunAt) / 1000);
    });
    next();
  }
}
