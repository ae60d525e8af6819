import { Client } from 'pg';
import { openUnlimitedSession } from './session-settings.js';

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Waits until no other process does work of this name, and does it. The lock is one of the database's session, so it ends
 * with its process.
 */
export async function exclusively<T>(url: string, name: string, work: () => Promise<T>): Promise<T> {
  const guard = new Client({
    connectionString: url,
    application_name: 'agent-runtime lock',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  guard.on('error', () => undefined); // a lost connection fails the statements
  await guard.connect();
  try {
    await openUnlimitedSession(guard);
    await guard.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]);
    return await work();
  } finally {
    await guard.end();
  }
}
