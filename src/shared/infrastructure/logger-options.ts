import { Params } from 'nestjs-pino';
import { Config } from '../../config/config.js';
import { logFields } from '../application/log-context.js';
import { logOutput } from './log-output.js';

/** Log settings: JSON unless the output is a terminal. RequestLog logs requests. */
export const loggerOptions = (config: Config): Params => ({
  pinoHttp: [
    { level: config.logLevel, mixin: logFields, wrapSerializers: false, serializers: { err: describeError } },
    logOutput(config),
  ],
  forRoutes: [], // the log context has the fields of each line
});

/**
 * The loggable part of an error. A database error also carries the statement's parameters, which are texts of users;
 * an error of a model provider carries its request.
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
