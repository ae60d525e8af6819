import { DatabaseUnavailable } from '../../application/errors.js';
import { DomainError } from '../../domain/domain-error.js';

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
  readonly driverError?: DriverError;
  readonly errors?: readonly DriverError[];
}

/**
 * SQLSTATEs of a lost or refused connection: 08 connection, 57P shutdown or startup, 25P03
 * idle_in_transaction_session_timeout.
 */
const LOST_SQLSTATE = /^(08|57P0[1-5]|25P03)/;
/** 53300 too many connections, 55P03 lock_timeout. */
const BUSY_SQLSTATE = /^(53300|55P03)$/;
const LOST_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
/** Errors of pg that have no code. */
const LOST_MESSAGE = /connection terminated|timeout expired|is not queryable/i;
/** Has no code either: all connections of the pool were in use for too long. */
const BUSY_MESSAGE = /timeout exceeded when trying to connect/i;

const driverErrorOf = (error: unknown): DriverError => {
  const outer = (error ?? {}) as DriverError;
  return outer.driverError ?? outer.errors?.[0] ?? outer;
};

/** The SQLSTATE of PostgreSQL (its manual, appendix A), or the error code of the system. */
export const sqlStateOf = (error: unknown): string | undefined => driverErrorOf(error).code;

/** The unique index or check that refused a row. */
export const constraintOf = (error: unknown): string | undefined => driverErrorOf(error).constraint;

/** Whether PostgreSQL itself refused the statement, by SQLSTATE. */
export const isRefusal = (error: unknown): boolean =>
  !(error instanceof DomainError) && /^[0-9A-Z]{5}$/.test(sqlStateOf(error) ?? '');

/** Makes the stack of an error lead to the caller, not to the socket on which the answer arrived. */
export function fromHere(error: unknown): unknown {
  if (error instanceof Error) Error.captureStackTrace(error, fromHere);
  return error;
}

/** DatabaseUnavailable for a lost connection or a timeout, else the same error. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const { code = '', message = '' } = driverErrorOf(error);
  if (BUSY_SQLSTATE.test(code) || BUSY_MESSAGE.test(message)) return new DatabaseUnavailable(error, true);
  const lost = LOST_SQLSTATE.test(code) || LOST_SYSTEM.has(code) || LOST_MESSAGE.test(message);
  return lost ? new DatabaseUnavailable(error) : error;
}
