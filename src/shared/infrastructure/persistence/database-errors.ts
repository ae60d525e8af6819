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
 * SQLSTATEs of a lost or refused connection: 08 connection, 57P shutdown or starting up, 25P03 a transaction that was
 * idle for too long.
 */
const LOST_SQLSTATE = /^(08|57P0[1-5]|25P03)/;
/** 53300 too many connections, 55P03 a row that somebody else has kept locked. */
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
/** pg reports these without a code. */
const LOST_MESSAGE = /connection terminated|timeout expired|is not queryable/i;
/** Nor this, when all connections of the pool are in use for too long. */
const BUSY_MESSAGE = /timeout exceeded when trying to connect/i;

const driverErrorOf = (error: unknown): DriverError => {
  const outer = (error ?? {}) as DriverError;
  return outer.driverError ?? outer.errors?.[0] ?? outer;
};

/** The five characters by which PostgreSQL says what went wrong (its manual, appendix A), or the system's error code. */
export const sqlStateOf = (error: unknown): string | undefined => driverErrorOf(error).code;

/** The unique index or check that refused a row. */
export const constraintOf = (error: unknown): string | undefined => driverErrorOf(error).constraint;

/** Whether PostgreSQL itself refused something, by SQLSTATE. */
export const isRefusal = (error: unknown): boolean =>
  !(error instanceof DomainError) && /^[0-9A-Z]{5}$/.test(sqlStateOf(error) ?? '');

/** Lets the stack of an error lead to whoever has asked, and not to the socket on which the answer came. */
export function fromHere(error: unknown): unknown {
  if (error instanceof Error) Error.captureStackTrace(error, fromHere);
  return error;
}

/** The error to go on with: DatabaseUnavailable where the connection is at fault or a wait was too long, else the same. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const { code = '', message = '' } = driverErrorOf(error);
  if (BUSY_SQLSTATE.test(code) || BUSY_MESSAGE.test(message)) return new DatabaseUnavailable(error, true);
  const lost = LOST_SQLSTATE.test(code) || LOST_SYSTEM.has(code) || LOST_MESSAGE.test(message);
  return lost ? new DatabaseUnavailable(error) : error;
}
