import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { readConfig } from './config/read-config.js';
import { EmbeddedPostgres } from './shared/infrastructure/embedded-postgres/embedded-postgres.js';
import { migrate, optionsFor } from './shared/infrastructure/persistence/data-source.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

const USAGE = 'usage: migrations-cli run | check | generate NAME';

/** This program only runs from a build. */
const ROW_SCHEMAS = join(import.meta.dirname, '**/*.row.js');

/** Statements that change the database, and those that undo it. */
interface Difference {
  readonly up: string[];
  readonly down: string[];
}

/** Runs the migrations on the database of the settings. */
async function run(): Promise<void> {
  const location = await DatabaseLocation.open(readConfig());
  try {
    await migrate(location.url);
    console.log(`The migrations have run on ${location.description}`);
  } finally {
    await location.embedded?.stop();
  }
}

/** The difference between a database made by the migrations and the row schemas. */
async function difference(): Promise<Difference> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
  const database = await EmbeddedPostgres.start(folder);
  try {
    await migrate(database.url);
    return await compare(database.url);
  } finally {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(url: string): Promise<Difference> {
  const dataSource = new DataSource({ ...optionsFor(url), entities: [ROW_SCHEMAS] });
  await dataSource.initialize();
  try {
    if (dataSource.entityMetadatas.length === 0) throw new Error(`There is no row schema in ${ROW_SCHEMAS}`);
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    return {
      up: upQueries.map(({ query }) => query),
      down: downQueries.map(({ query }) => query).toReversed(),
    };
  } finally {
    await dataSource.destroy();
  }
}

async function check(): Promise<void> {
  const { up } = await difference();
  if (up.length === 0) return console.log('The migrations agree with the row schemas');
  console.error(`The row schemas differ from the migrations:\n  ${up.join('\n  ')}`);
  process.exitCode = 1;
}

async function generate(name: string | undefined): Promise<void> {
  if (!name || !/^[a-z][a-z0-9-]*$/.test(name)) throw new Error('NAME must be like add-plans');
  const { up, down } = await difference();
  if (up.length === 0) return console.log('Nothing to generate: the migrations agree with the row schemas');
  const stamp = Date.now();
  const className = name.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase());
  const file = `migrations/${stamp}-${name}.ts`;
  await writeFile(
    file,
    `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${className}${stamp} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
${up.map(toCall).join('\n')}
  }

  async down(runner: QueryRunner): Promise<void> {
${down.map(toCall).join('\n')}
  }
}
`,
  );
  console.log(`${file}: read it before you commit it`);
}

const toCall = (sql: string) =>
  `    await runner.query(\`${sql.replaceAll('`', '\\`').replaceAll('${', '\\${')}\`);`;

const [command, name] = process.argv.slice(2);
if (command === 'run') await run();
else if (command === 'check') await check();
else if (command === 'generate') await generate(name);
else throw new Error(USAGE);
