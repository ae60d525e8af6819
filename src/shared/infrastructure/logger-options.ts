import type { IncomingMessage } from 'node:http';
import { Params } from 'nestjs-pino';
import { Config } from '../../config/config.js';
import { logFields } from '../application/log-context.js';

/** Probes and scrapes come every few seconds and say nothing. */
const QUIET = /^\/(health|metrics|docs)(\/|$|\?)/;

/** How this process logs: one line per request, JSON unless somebody watches a terminal. */
export function loggerOptions(config: Config, requestIdOf: (request: IncomingMessage) => string): Params {
  return {
    pinoHttp: {
      level: config.logLevel,
      genReqId: requestIdOf,
      mixin: logFields,
      customAttributeKeys: { reqId: 'request_id', responseTime: 'duration_ms' },
      autoLogging: { ignore: (request: IncomingMessage) => QUIET.test(request.url ?? '') },
      wrapSerializers: false, // ours get the objects themselves
      serializers: {
        req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
        res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
        err: describeError,
      },
      redact: ['req.headers', 'res.headers'],
      ...(config.logFormat === 'pretty' && {
        transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname,context' } },
      }),
    },
  };
}

/**
 * What a log needs of an error. Not its other fields: a database error carries the statement's parameters, which are
 * what people said, and a provider's error carries its request.
 */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: error.constructor.name,
    message,
    ...(code !== undefined && { code }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
