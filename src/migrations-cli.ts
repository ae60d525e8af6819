import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainFailedStart } from './failed-start.js';
import { runMigrations } from './run-migrations.js';
import { EmbeddedPostgres } from './shared/infrastructure/embedded-postgres/embedded-postgres.js';
import { migrate } from './shared/infrastructure/persistence/data-source.js';

const USAGE = 'usage: migrations-cli run | check | generate NAME';

const TYPEORM = fileURLToPath(import.meta.resolve('typeorm/cli.js'));
const DATA_SOURCE = join(import.meta.dirname, 'migrations-data-source.js');

/** TypeORM's migration:generate, which compares the row schemas with a database made by the migrations alone. */
async function generate(...args: string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
  const database = await EmbeddedPostgres.start(folder);
  try {
    await migrate(database.url);
    const command = [TYPEORM, 'migration:generate', '--dataSource', DATA_SOURCE, ...args];
    const env = { DATABASE_URL: database.url };
    process.exitCode = spawnSync(process.execPath, command, { env, stdio: 'inherit' }).status ?? 1;
  } finally {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main([command, name]: string[]): Promise<void> {
  if (command === 'run') await runMigrations();
  else if (command === 'check') await generate('--check', 'migrations/drift');
  else if (command === 'generate' && name) await generate(`migrations/${name}`);
  else throw new Error(USAGE);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(explainFailedStart(error));
  process.exitCode = 1;
}
