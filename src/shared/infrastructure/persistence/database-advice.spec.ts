import { describe, expect, it } from 'vitest';
import { DatabaseUnavailable } from '../../application/errors.js';
import { explainDatabaseError } from './database-advice.js';

/** An error as PostgreSQL or a pooler sends it. */
const sent = (code: string, message: string) =>
  Object.assign(new Error(message), { code, severity: 'FATAL' });
/** An error of Node.js. */
const own = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('what an operator is told about the database', () => {
  it.each([
    [sent('57P03', 'the database system is starting up'), 'start again when it accepts connections'],
    [sent('57P03', 'the database system is in recovery mode'), 'start again when it accepts connections'],
    [sent('25006', 'cannot execute LISTEN during recovery'), 'must lead to the primary'],
    [sent('53300', 'sorry, too many clients already'), 'lower DATABASE_POOL_SIZE'],
    [sent('28000', 'no pg_hba.conf entry for host "::1", user "a", database "b", SSL off'), 'sslmode='],
    [sent('28000', 'no pg_hba.conf entry for host "::1", user "a", database "b", SSL on'), 'pg_hba.conf'],
    [sent('28000', 'connection requires a valid client certificate'), 'sslcert and sslkey'],
    [sent('42501', 'must be owner of table sessions'), 'own the tables'],
    // pgbouncer has one SQLSTATE for everything.
    [sent('08P01', 'SASL authentication failed'), 'Check user and password'],
    [sent('08P01', 'no such database: agents'), 'Create that database'],
    [sent('08P01', 'SSL required'), 'sslmode='],
    [sent('08P01', 'unsupported startup parameter: options'), 'ignore_startup_parameters'],
    [own('EAI_AGAIN', 'getaddrinfo EAI_AGAIN db'), 'has no address'],
    [own('ENETUNREACH', 'connect ENETUNREACH 10.0.0.1:5432'), 'no answer in time'],
    [own('ENOENT', 'connect ENOENT /run/postgresql/.s.PGSQL.5432'), 'That socket cannot be opened'],
    [new Error('timeout expired'), 'no answer in time'],
    [own('CERT_HAS_EXPIRED', 'certificate has expired'), 'TLS fails'],
    [own('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate'), 'sslrootcert'],
    [new DatabaseUnavailable(own('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')), 'Nothing listens'],
    [new AggregateError([own('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432')]), 'Nothing listens'],
  ])('%s', (error, advice) => {
    expect(explainDatabaseError(error)).toContain(advice);
  });

  it('is what PostgreSQL says, where nothing is known of the error', () => {
    const error = sent('42704', 'unrecognized configuration parameter "foo"');
    expect(explainDatabaseError(error)).toBe(
      'the database cannot be used: unrecognized configuration parameter "foo" (42704). Look at DATABASE_URL',
    );
  });

  it.each([new TypeError('x is not a function'), own('ENOENT', 'no such file, open a.json'), undefined])(
    'is nothing for an error of another origin: %s',
    (error) => {
      expect(explainDatabaseError(error)).toBeUndefined();
    },
  );
});
