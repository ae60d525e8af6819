import { join } from 'node:path';
import { types, type CustomTypesConfig } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { exclusively } from './exclusively.js';
import { PostgresClient } from './postgres-client.js';
import { requireSessions } from './session-check.js';
import { openSession, openUnlimitedSession } from './session-settings.js';
import { SnakeNamingStrategy } from './snake-naming-strategy.js';

export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }> & { readonly url: string };

const CONNECT_TIMEOUT_MS = 5_000;
/** For a free connection of the pool. A burst of requests may take longer than a new connection, and is then still served. */
const POOL_WAIT_LIMIT_MS = 10_000;
/** The release before waits for the same. */
const MIGRATION_LOCK = 7_214_002;

/** In the root of a checkout, and in `dist` of a build. */
const MIGRATIONS = join(import.meta.dirname, '../../../../migrations/*.{js,ts}');

/**
 * Parses `bigint` as a number: event numbers stay far below 2^53. Does not affect other users of pg in this process.
 */
const numberedTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format),
};

/** Options without timeouts: migrations take as long as they need. */
export const optionsFor = (url: string): PostgresOptions => ({
  type: 'postgres',
  url,
  connectTimeoutMS: CONNECT_TIMEOUT_MS,
  applicationName: 'agent-runtime',
  migrations: [MIGRATIONS],
  migrationsTableName: 'migrations',
  namingStrategy: new SnakeNamingStrategy(),
  installExtensions: false,
  extra: { keepAlive: true, onConnect: openUnlimitedSession },
});

/** Options for the connection pool of a process. */
export const poolOptionsFor = (url: string, poolSize: number): PostgresOptions => ({
  ...optionsFor(url),
  poolSize,
  connectTimeoutMS: POOL_WAIT_LIMIT_MS,
  extra: {
    Client: PostgresClient,
    types: numberedTypes,
    onConnect: openSession,
  },
});

/** Checks the connection, and runs pending migrations. @returns a data source that is not connected yet */
export async function openDataSource(options: PostgresOptions): Promise<DataSource> {
  await migrate(options.url);
  return new DataSource(options);
}

/**
 * Runs the pending migrations, one process at a time: several instances may start at once.
 * @throws ConfigInvalid behind a pooler that would keep the lock
 */
export async function migrate(url: string): Promise<void> {
  await requireSessions(url);
  await exclusively(url, MIGRATION_LOCK, () =>
    runMigrations(new DataSource({ ...optionsFor(url), poolSize: 1 })),
  );
}

async function runMigrations(dataSource: DataSource): Promise<void> {
  await dataSource.initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}
