import type { ClientBase } from 'pg';

/** Settings by name, as SQL expressions. */
type SessionSettings = Readonly<Record<string, string>>;

/**
 * What the code relies on in every session. A database, a role or a pooler may have other values; startup parameters would
 * override them as well, but pgbouncer refuses those. `search_path` is the operator's: it says where the tables are.
 */
const RELIED_ON: SessionSettings = {
  // Formats that pg writes and reads.
  client_encoding: `'UTF8'`,
  standard_conforming_strings: `'on'`,
  array_nulls: `'on'`,
  datestyle: `'ISO, YMD'`,
  intervalstyle: `'postgres'`,
  timezone: `'UTC'`,
  bytea_output: `'hex'`,
  extra_float_digits: `'1'`,
  // Units of work lock rows, and then read what others have committed.
  default_transaction_isolation: `'read committed'`,
  // A commit that is acknowledged survives a crash; how many servers it waits for is the operator's choice.
  synchronous_commit: `coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on')`,
  // Statements and transactions are short by design; connections that listen are idle for hours.
  statement_timeout: `'0'`,
  transaction_timeout: `'0'`,
  idle_session_timeout: `'0'`,
};

/** A statement that waits 3 s for a lock fails instead of holding a connection of the pool. */
export const LOCK_TIMEOUT = '3s';

const LIMITS: SessionSettings = {
  lock_timeout: `'${LOCK_TIMEOUT}'`,
  // A process suspended in a transaction loses its row locks.
  idle_in_transaction_session_timeout: `'10s'`,
};

/** @returns what makes a new connection a session with these settings, in one round trip; for `onConnect` of a pool, too */
function sessionWith(own: SessionSettings): (client: ClientBase) => Promise<void> {
  const wanted = Object.entries({ ...RELIED_ON, ...own }).map(([name, value]) => `('${name}', ${value})`);
  // An older PostgreSQL does not have all of them.
  const sql = `select set_config(name, value, false) from (values ${wanted.join(', ')}) as wanted (name, value)
    where current_setting(name, true) is not null`;
  return async (client) => void (await client.query(sql));
}

/** For the work of a process. */
export const openSession = sessionWith(LIMITS);

/** For writes that may be lost in a crash of PostgreSQL: they do not wait for the disk. */
export const openUnflushedSession = sessionWith({ ...LIMITS, synchronous_commit: `'off'` });

/** For migrations, which take as long as they need. */
export const openUnlimitedSession = sessionWith({
  lock_timeout: `'0'`,
  idle_in_transaction_session_timeout: `'0'`,
});
