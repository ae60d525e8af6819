import { Params } from 'nestjs-pino';
import { Config } from '../../config/config.js';
import { logFields } from '../application/log-context.js';
import { logOutput } from './log-output.js';

/** How this process logs: JSON unless somebody watches a terminal. Requests are logged by RequestLog. */
export const loggerOptions = (config: Config): Params => ({
  pinoHttp: [
    { level: config.logLevel, mixin: logFields, wrapSerializers: false, serializers: { err: describeError } },
    logOutput(config),
  ],
  forRoutes: [], // what a line is about is known by the log context
});

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
