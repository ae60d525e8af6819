import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config } from './config/config.js';
import { readConfig } from './config/read-config.js';
import { explainFailedStart } from './failed-start.js';
import { ZodToolCatalog, readAgents } from './modules/agents/index.js';
import { ModelSetup } from './modules/models/index.js';
import { EmbeddedPostgres } from './shared/infrastructure/embedded-postgres/embedded-postgres.js';
import { migrate } from './shared/infrastructure/persistence/data-source.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

const USAGE = 'usage: migrations-cli run | check | generate NAME';

const TYPEORM = fileURLToPath(import.meta.resolve('typeorm/cli.js'));
const DATA_SOURCE = join(import.meta.dirname, 'migrations-data-source.js');

/** Runs the migrations on the database of the settings. @throws ConfigInvalid if no process could start with them */
async function run(): Promise<void> {
  const config = readConfig();
  await requireModels(config);
  const location = await DatabaseLocation.open(config);
  try {
    await migrate(location.url);
    console.log(`The migrations have run on ${location.description}`);
  } finally {
    await location.embedded?.stop();
  }
}

/** Migrations run first, so that missing or faulty models stop a deployment before it changes anything. */
async function requireModels(config: Config): Promise<void> {
  const setup = await ModelSetup.open(config, await readAgents(config), new ZodToolCatalog());
  await setup.offline?.stop();
}

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
  if (command === 'run') await run();
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
