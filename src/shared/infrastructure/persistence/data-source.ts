import { join } from 'node:path';
import { types, type CustomTypesConfig } from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import { migrate } from './migrate.js';
import { PostgresClient } from './postgres-client.js';
import { SnakeNamingStrategy } from './snake-naming-strategy.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** A process that is stopped in the middle of a transaction must not keep its locks from the others. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** The tables' folder of migrations: beside `src` in a checkout, and beside the built `src` in `dist`. */
const MIGRATIONS = join(import.meta.dirname, '../../../../migrations/*.{js,ts}');

/** And nobody waits for that long: whoever does keeps a connection from those who have nothing to do with it. */
const LOCK_MS = 3_000;

/** Reads `bigint` as a number: event numbers stay far below 2^53. Other users of pg in this process are not affected. */
const numberedTypes: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === types.builtins.INT8 && format !== 'binary' ? Number : types.getTypeParser(oid, format),
};

const LIMITS = {
  Client: PostgresClient,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  lock_timeout: LOCK_MS,
};

/**
 * The connection pool, which also knows how rows are called. Not connected yet.
 * @param limits none for migrations: they take as long as they take
 */
export function createDataSource(
  url: string,
  poolSize: number,
  tables: EntitySchema[],
  limits: Partial<typeof LIMITS> = {},
): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: 'agent-runtime',
    entities: tables,
    migrations: [MIGRATIONS],
    migrationsTableName: 'migrations',
    namingStrategy: new SnakeNamingStrategy(),
    installExtensions: false,
    extra: { types: numberedTypes, keepAlive: true, ...limits },
  });
}

/** Brings the tables up to date and connects. */
export async function openDataSource(
  url: string,
  poolSize: number,
  tables: EntitySchema[],
): Promise<DataSource> {
  const migrating = createDataSource(url, 1, tables);
  await migrating.initialize();
  try {
    await migrate(migrating, url);
  } finally {
    await migrating.destroy();
  }
  return createDataSource(url, poolSize, tables, LIMITS).initialize();
}
