import { Injectable } from '@nestjs/common';
import { InjectMetric, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import type { NextFunction, Request, Response } from 'express';
import { Histogram } from 'prom-client';

export const HTTP_METRICS = [
  makeHistogramProvider({
    name: 'http_request_duration_seconds',
    help: 'Requests by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
  }),
];

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Duration of requests, including those refused before a route is found. A stream counts until its end. */
@Injectable()
export class HttpMetrics {
  constructor(
    @InjectMetric('http_request_duration_seconds')
    private readonly duration: Histogram<'method' | 'route' | 'status'>,
  ) {}

  readonly measure = (request: Request, response: Response, next: NextFunction): void => {
    const begunAt = performance.now();
    response.once('close', () => {
      const labels = { method: methodOf(request), route: routeOf(request), status: statusOf(response) };
      this.duration.observe(labels, (performance.now() - begunAt) / 1000);
    });
    next();
  };
}

// Labels have a limited set of values, so that clients cannot add series.

const methodOf = ({ method }: Request): string => (METHODS.has(method) ? method : 'other');

/** The route pattern, not the path. A middleware for all routes has no pattern: no route was found. */
function routeOf({ route }: Request): string {
  const path = (route as { path?: string } | undefined)?.path;
  return path?.startsWith('/') ? path : 'none';
}

/** If the client disconnects before the headers are sent, there is no status. */
const statusOf = ({ headersSent, statusCode }: Response): string =>
  headersSent ? String(statusCode) : 'aborted';
