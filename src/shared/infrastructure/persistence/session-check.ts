import type { Client, DatabaseError } from 'pg';
import { ConfigInvalid } from '../../../config/config.js';
import { PostgresClient } from './postgres-client.js';
import { prepared } from './prepared-statements.js';
import { LOCK_TIMEOUT, openSession } from './session-settings.js';

const NOT_KEPT =
  'DATABASE_URL must lead to PostgreSQL itself, or to a pooler in session mode: behind this address the transactions of one' +
  ' connection go to different sessions (transaction or statement pooling), where settings, prepared statements, LISTEN and' +
  ' advisory locks are lost. Set pool_mode = session in pgbouncer, or take the address of the database or of its session pooler';

const NO_LIMIT =
  'DATABASE_URL must lead to a server or pooler that keeps session settings: lock_timeout is not what was set';

const NO_NOTIFICATIONS =
  'DATABASE_URL must lead to a server or pooler that passes notifications on (LISTEN): one was sent and did not arrive';

/** SQLSTATEs of a prepared statement that is gone, or was made by another client. */
const OTHER_SESSION = new Set(['26000', '42P05']);
/** With it pgbouncer refuses transactions. */
const STATEMENT_POOLING = /statement pooling/i;

const CHANNEL = 'agent_runtime_check';
/** A pooler hands out idle sessions by age, either way, or at random: repetition makes chance hits unlikely. */
const ROUNDS = 3;

/** A prepared statement on purpose: it fails in a session that does not have it. */
const SESSION = prepared(
  `select pg_backend_pid() as pid, current_setting('lock_timeout') as lock_timeout`,
  [],
);

interface Session {
  readonly pid: number;
  readonly lock_timeout: string;
}

/**
 * Checks that each connection keeps a session of its own, as a direct one does.
 * @throws ConfigInvalid behind a pooler in another mode than session pooling
 */
export async function requireSessions(url: string): Promise<void> {
  const opened: Client[] = [];
  const open = async () => {
    const client = new PostgresClient({ connectionString: url, application_name: 'agent-runtime check' });
    opened.push(client);
    await client.connect();
    await openSession(client);
    return client;
  };
  try {
    const [one, other] = [await open(), await open()];
    await requireOwnSessions(one, other);
    await requireNotifications(one);
  } catch (error) {
    const { code = '', message } = error as DatabaseError;
    if (OTHER_SESSION.has(code) || STATEMENT_POOLING.test(message)) throw new ConfigInvalid([NOT_KEPT]);
    throw error;
  } finally {
    await Promise.all(opened.map((client) => client.end()));
  }
}

/** Two sessions whose process ids differ and stay the same, also after the other one has held a transaction. */
async function requireOwnSessions(one: Client, other: Client): Promise<void> {
  const [first, second] = [await sessionOf(one), await sessionOf(other)];
  if (first.pid === second.pid) throw new ConfigInvalid([NOT_KEPT]);
  const requireSame = async (client: Client, { pid }: Session) => {
    if ((await sessionOf(client)).pid !== pid) throw new ConfigInvalid([NOT_KEPT]);
  };
  for (let round = 0; round < ROUNDS; round++) {
    await one.query('begin');
    await requireSame(one, first);
    await requireSame(other, second);
    await one.query('commit');
    // Twice: a pooler may give out the oldest idle session or the youngest.
    await requireSame(other, second);
    await requireSame(other, second);
  }
  if (second.lock_timeout !== LOCK_TIMEOUT) throw new ConfigInvalid([NO_LIMIT]);
}

async function sessionOf(client: Client): Promise<Session> {
  return (await client.query<Session>(SESSION)).rows[0]!;
}

/** PostgreSQL delivers a session's own notifications before it answers the NOTIFY. */
async function requireNotifications(client: Client): Promise<void> {
  let isNotified = false;
  client.once('notification', () => (isNotified = true));
  await client.query(`listen ${CHANNEL}`);
  await client.query(`notify ${CHANNEL}`);
  if (!isNotified) throw new ConfigInvalid([NO_NOTIFICATIONS]);
}
