import { Client } from 'pg';
import { openUnlimitedSession } from './session-settings.js';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Waits until no other process does the same work, and does it. The lock is one of the database's session, so it ends with
 * its process.
 * @param lock a name, or the number of an advisory lock
 */
export async function exclusively<T>(url: string, lock: string | number, work: () => Promise<T>): Promise<T> {
  const guard = new Client({
    connectionString: url,
    application_name: 'agent-runtime lock',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  guard.on('error', () => undefined); // a lost connection fails the statements
  await guard.connect();
  try {
    await openUnlimitedSession(guard);
    const key = typeof lock === 'number' ? '$1' : 'hashtextextended($1, 0)';
    await guard.query(`select pg_advisory_lock(${key})`, [lock]);
    return await work();
  } finally {
    await guard.end();
  }
}
