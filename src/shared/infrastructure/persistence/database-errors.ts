import { DatabaseState, DatabaseUnavailable } from '../../application/errors.js';
import { DomainError } from '../../domain/domain-error.js';

interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message?: string;
  /** The C function of PostgreSQL that raised the error. */
  readonly routine?: string;
  readonly detail?: string;
  readonly severity?: string;
  readonly driverError?: DriverError;
  readonly errors?: readonly DriverError[];
}

/**
 * What cures a failed statement: `conflict` another attempt, `busy` an attempt some time later, `lost` another
 * connection, `read_only` a connection to another server.
 */
export type Trouble = 'conflict' | 'busy' | 'lost' | 'read_only';

/** PostgreSQL's manual, appendix A. */
const TROUBLE_BY_SQLSTATE: readonly (readonly [sqlState: RegExp, trouble: Trouble])[] = [
  // Serialisation failure, deadlock.
  [/^(40001|40P01)$/, 'conflict'],
  // Too many connections, lock_timeout, statement_timeout or a cancelled statement.
  [/^(53300|55P03|57014)$/, 'busy'],
  // Connection exceptions, a shutdown or start of the server, the timeouts that end a session.
  [/^(08...|57P0[1-5]|25P0[34])$/, 'lost'],
  // A prepared statement that the connection should have and lacks, or the reverse: a pooler has exchanged it.
  [/^(26000|42P05)$/, 'lost'],
  [/^25006$/, 'read_only'],
];
/** Of SQLSTATE 0A000 (feature not supported); the messages depend on the language of the server. */
const TROUBLE_BY_ROUTINE = new Map<string, Trouble>([
  ['get_relation_info', 'read_only'], // a standby has no unlogged tables
  ['RevalidateCachedQuery', 'lost'], // a migration has changed what a prepared statement returns
]);
const LOST_SYSTEM = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
]);
/** pg refuses a statement without sending it. */
const NOT_SENT_MESSAGE = /is not queryable/i;
/** Errors of pg that have no code. */
const LOST_MESSAGE =
  /connection terminated|timeout expired|is not queryable|unexpected \w+ message from backend/i;
/** Has no code either: all connections of the pool were in use for too long. */
const BUSY_MESSAGE = /timeout exceeded when trying to connect/i;

const STATE: Readonly<Record<Trouble, DatabaseState>> = {
  conflict: 'is too busy',
  busy: 'is too busy',
  lost: 'cannot be reached',
  read_only: 'is read-only',
};

/** The error of pg or Node.js in an error of TypeORM, or the first one of several addresses. */
export const driverErrorOf = (error: unknown): DriverError => {
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

/** Undefined for an error that no further attempt cures. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof DomainError) return undefined;
  const { code = '', message = '', routine = '' } = driverErrorOf(error);
  if (code === '0A000') return TROUBLE_BY_ROUTINE.get(routine);
  const known = TROUBLE_BY_SQLSTATE.find(([sqlState]) => sqlState.test(code));
  if (known) return known[1];
  if (BUSY_MESSAGE.test(message)) return 'busy';
  return LOST_SYSTEM.has(code) || LOST_MESSAGE.test(message) ? 'lost' : undefined;
}

/** Whether PostgreSQL, or a pooler, has sent the error: then the statement is not in doubt. */
export const isFromServer = (error: unknown): boolean => driverErrorOf(error).severity !== undefined;

/** Whether a statement was sent whose answer is lost with its connection. */
export const isUnanswered = (error: unknown): boolean =>
  troubleOf(error) === 'lost' && !NOT_SENT_MESSAGE.test(driverErrorOf(error).message ?? '');

/**
 * DatabaseUnavailable for a passing trouble, else the same error.
 * @param mayBeStored whether the answer to a COMMIT is missing
 */
export function translateDatabaseError(error: unknown, mayBeStored = false): unknown {
  const trouble = troubleOf(error);
  return trouble ? new DatabaseUnavailable(error, STATE[trouble], mayBeStored) : error;
}

/** DatabaseUnavailable, also where the server refuses the connection: a password or a database may be restored. */
export const noConnection = (error: unknown): DatabaseUnavailable =>
  new DatabaseUnavailable(error, STATE[troubleOf(error) ?? 'lost']);
