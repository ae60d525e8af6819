import { DatabaseUnavailable } from '../../application/errors.js';
import { driverErrorOf } from './database-errors.js';

/**
 * What an operator does about an error, found by its code and text: SQLSTATEs (PostgreSQL's manual, appendix A), codes of
 * Node.js, and texts of pg and pgbouncer that have no code of their own. The first match counts.
 */
const ADVICE: readonly [error: RegExp, advice: string][] = [
  [/^(ENOTFOUND|EAI_AGAIN) /, 'The host of DATABASE_URL has no address: check its name'],
  [
    /^ECONNREFUSED /,
    'Nothing listens at that address: check host and port of DATABASE_URL, and whether PostgreSQL runs',
  ],
  [/^(ENOENT|EACCES) connect /, 'That socket cannot be opened: check the host of DATABASE_URL'],
  [
    /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH) |timeout expired|connection timeout|query_wait_timeout/,
    'There is no answer in time: check host and port of DATABASE_URL, firewalls, and whether a pooler in between has free connections',
  ],
  [
    /^(ECONNRESET|EPIPE) |Connection terminated/,
    'The connection was closed without an answer: check that host and port of DATABASE_URL are those of PostgreSQL, and whether a pooler in between has free connections',
  ],
  [
    /no encryption|SSL off|SSL required/,
    'The server accepts this user only with TLS, or not at all: add sslmode=verify-full or sslmode=require to DATABASE_URL, or look at pg_hba.conf',
  ],
  [
    /valid client certificate/,
    'The server wants a certificate of the client: add sslcert and sslkey to DATABASE_URL',
  ],
  [/client password must be/, 'The server wants a password: put it into DATABASE_URL'],
  [
    /^28P01 |authentication failed/,
    'Check user and password in DATABASE_URL; special characters are percent-encoded',
  ],
  [/^28000 |no pg_hba\.conf entry/, 'Check the user of DATABASE_URL, and the pg_hba.conf of the server'],
  [
    /^3D000 |no such database|database ".*" does not exist/,
    'Create that database, or name another one in DATABASE_URL',
  ],
  [/CONNECT privilege/, 'Grant connect on that database to the user of DATABASE_URL'],
  [
    /^42501 .*for database /,
    'Grant create on that database to the user of DATABASE_URL: the queue of jobs creates a schema, unless REDIS_URL is set',
  ],
  [/^42501 .*for schema /, 'Grant usage and create on that schema to the user of DATABASE_URL'],
  [/^42P07 /, 'That table exists, and the user of DATABASE_URL has no right to it: it must own the tables'],
  [
    /^42501 /,
    'Grant that right to the user of DATABASE_URL: it must own the tables and the schema graphile_worker',
  ],
  [
    /^3F000 /,
    'The search_path of the user of DATABASE_URL must name a schema that exists and that it may use',
  ],
  [
    /unsupported startup parameter/,
    'A pooler refuses this parameter: remove it from DATABASE_URL (options=…) and PGOPTIONS, or name it in ignore_startup_parameters of pgbouncer',
  ],
  [
    /^53300 |no more connections allowed/,
    'All connections are in use: lower DATABASE_POOL_SIZE, or raise the limit of the server, role, database or pooler',
  ],
  [/^57P03 /, 'The server is not ready: start again when it accepts connections'],
  [
    /^25006 /,
    'The database is read-only: DATABASE_URL must lead to the primary, without default_transaction_read_only',
  ],
  [
    /does not support SSL/,
    'The server has no TLS: set ssl = on there, or sslmode=disable in DATABASE_URL where the network is your own',
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_UNTRUSTED) /,
    'The certificate of the server is of an unknown authority: name the file of that authority in sslrootcert of DATABASE_URL; sslmode=require encrypts without a check',
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID /,
    'The certificate of the server is for another host than that of DATABASE_URL: use its name, or sslmode=verify-ca',
  ],
  [
    /^(CERT_\w+|ERR_(SSL|TLS|OSSL)_\w+) |establishing an SSL connection/,
    'TLS fails: check sslmode, sslrootcert, sslcert and sslkey of DATABASE_URL, and the certificate of the server',
  ],
];

/** @returns what the database or the way to it refuses, and what to do; undefined for an error of another origin */
export function explainDatabaseError(error: unknown): string | undefined {
  const {
    code,
    severity,
    message = '',
    detail,
  } = driverErrorOf(error instanceof DatabaseUnavailable ? error.cause : error);
  const text = [code, message, detail].filter((part) => part !== undefined).join(' ');
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1];
  // Only an error that PostgreSQL or a pooler has sent has a severity.
  if (advice === undefined && severity === undefined) return undefined;
  const reason = code === undefined ? message : `${message} (${code})`;
  return `the database cannot be used: ${reason}. ${advice ?? 'Look at DATABASE_URL'}`;
}
