import { Config } from './config/config.js';
import { readConfig } from './config/read-config.js';
import { ZodToolCatalog, readAgents } from './modules/agents/index.js';
import { ModelSetup } from './modules/models/index.js';
import { migrate } from './shared/infrastructure/persistence/data-source.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

/** Runs the migrations on the database of the settings. @throws ConfigInvalid if no process could start with them */
export async function runMigrations(): Promise<void> {
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
