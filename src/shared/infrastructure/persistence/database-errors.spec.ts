import { describe, expect, it } from 'vitest';
import { DatabaseUnavailable } from '../../application/errors.js';
import { ConcurrencyError } from '../../domain/domain-error.js';
import { isUnanswered, noConnection, translateDatabaseError, troubleOf } from './database-errors.js';

interface Properties {
  readonly code?: string;
  readonly message?: string;
  readonly routine?: string;
}

const errorOf = ({ message = 'as PostgreSQL says it', ...rest }: Properties) =>
  Object.assign(new Error(message), rest);

const SQLSTATES = {
  conflict: ['40001', '40P01'],
  busy: ['53300', '55P03', '57014'],
  lost: [
    ...['08000', '08001', '08003', '08004', '08006', '08007', '08P01'],
    ...['57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04'],
    ...['26000', '42P05'],
  ],
  read_only: ['25006'],
};
const SYSTEM_CODES = [
  ...[
    'EADDRNOTAVAIL',
    'EAI_AGAIN',
    'ECONNABORTED',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTDOWN',
    'EHOSTUNREACH',
  ],
  ...['ENETDOWN', 'ENETUNREACH', 'ENOTFOUND', 'EPIPE', 'EPROTO', 'ETIMEDOUT'],
];

const TABLE: [trouble: string | undefined, error: Properties][] = [
  ...Object.entries(SQLSTATES).flatMap(([trouble, codes]) =>
    codes.map((code): [string, Properties] => [trouble, { code }]),
  ),
  ...SYSTEM_CODES.map((code): [string, Properties] => ['lost', { code }]),
  ['lost', { message: 'Connection terminated' }],
  ['lost', { message: 'Connection terminated unexpectedly' }],
  ['lost', { message: 'Connection terminated due to connection timeout' }],
  ['lost', { message: 'timeout expired' }],
  ['lost', { message: 'Client was closed and is not queryable' }],
  ['lost', { message: 'Client has encountered a connection error and is not queryable' }],
  ['lost', { message: 'Received unexpected commandComplete message from backend.' }],
  ['busy', { message: 'timeout exceeded when trying to connect' }],
  ['read_only', { code: '0A000', routine: 'get_relation_info' }],
  ['lost', { code: '0A000', routine: 'RevalidateCachedQuery' }],
  [undefined, { code: '0A000', routine: 'transformStmt' }],
  [undefined, { code: '0A000' }],
  // Refused again by any server: a row, a statement, a full disk, a defect.
  ...['22P02', '23505', '25P02', '40002', '42601', '42P01', '53100', '53200', '57000', 'AR001', 'XX000'].map(
    (code): [undefined, Properties] => [undefined, { code }],
  ),
  [undefined, { code: '23505', message: 'the value "timeout expiry" is taken' }],
  [undefined, { code: 'ERR_INVALID_ARG_TYPE', message: 'a defect' }],
];

describe('an error of the database', () => {
  it.each(TABLE)('is the trouble %s: %o', (trouble, properties) => {
    const error = errorOf(properties);
    expect(troubleOf(error)).toBe(trouble);
    expect(troubleOf({ driverError: error }), 'of TypeORM').toBe(trouble);
    expect(troubleOf({ errors: [error] }), 'of several addresses').toBe(trouble);
    const translated = translateDatabaseError(error);
    if (trouble) expect(translated).toBeInstanceOf(DatabaseUnavailable);
    else expect(translated).toBe(error);
  });

  it.each([
    [{ code: '40P01' }, 'The database is too busy at the moment; try again'],
    [{ code: '53300' }, 'The database is too busy at the moment; try again'],
    [{ code: 'ECONNREFUSED' }, 'The database cannot be reached at the moment; try again'],
    [{ code: '25006' }, 'The database is read-only at the moment; try again'],
  ])('is told to clients without its own words: %o', (properties, message) => {
    expect(translateDatabaseError(errorOf(properties))).toMatchObject({ message, mayBeStored: false });
  });

  it('that is one of the API already stays what it is', () => {
    const error = new ConcurrencyError('timeout expired');
    expect(translateDatabaseError(error)).toBe(error);
  });

  it.each([
    ['3D000', 'cannot be reached'],
    ['28P01', 'cannot be reached'],
    ['53300', 'is too busy'],
  ])('with which a connection is refused is a passing one: %s', (code, state) => {
    const refused = noConnection(errorOf({ code }));
    expect(refused).toBeInstanceOf(DatabaseUnavailable);
    expect(refused.message).toContain(state);
  });

  it.each([
    [true, { message: 'Connection terminated unexpectedly' }],
    [true, { code: 'ECONNRESET' }],
    [true, { code: '57P01' }],
    [false, { message: 'Client was closed and is not queryable' }],
    [false, { message: 'Client has encountered a connection error and is not queryable' }],
    [false, { code: '40001' }],
    [false, { code: '25006' }],
    [false, { code: '23505' }],
  ])('leaves a statement that was sent without an answer: %s, %o', (unanswered, properties) => {
    expect(isUnanswered(errorOf(properties))).toBe(unanswered);
  });
});
