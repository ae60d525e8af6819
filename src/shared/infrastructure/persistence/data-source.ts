import { join } from 'node:path';
import { DataSource, EntitySchema } from 'typeorm';
import { migrate } from './migrate.js';
import { numberedTypes } from './pg-types.js';
import { SnakeNamingStrategy } from './snake-naming-strategy.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** A process that is stopped in the middle of a transaction must not keep its locks from the others. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** The tables' folder of migrations: beside `src` in a checkout, and beside the built `src` in `dist`. */
const MIGRATIONS = join(import.meta.dirname, '../../../../migrations/*.{js,ts}');

/** The connection pool, which also knows how rows are called. Not connected yet. */
export function createDataSource(url: string, poolSize: number, tables: EntitySchema[]): DataSource {
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
    extra: {
      types: numberedTypes,
      keepAlive: true,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    },
  });
}

/** Connects and brings the tables up to date. */
export async function openDataSource(
  url: string,
  poolSize: number,
  tables: EntitySchema[],
): Promise<DataSource> {
  const dataSource = createDataSource(url, poolSize, tables);
  await dataSource.initialize();
  try {
    await migrate(dataSource, url);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}
