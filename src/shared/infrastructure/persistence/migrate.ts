import { Client } from 'pg';
import { DataSource } from 'typeorm';

const MIGRATION_LOCK = 7_214_002;

/** Runs what is pending, one process at a time: several instances that start at once are normal. */
export async function migrate(dataSource: DataSource, url: string): Promise<void> {
  const guard = new Client({ connectionString: url, application_name: 'agent-runtime migrations' });
  await guard.connect();
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await guard.end(); // ends the session, and the lock with it
  }
}
