import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../src/shared/infrastructure/persistence/data-source.js';
import { EmbeddedPostgres } from '../src/shared/infrastructure/embedded-postgres/embedded-postgres.js';
import { TEMPLATE } from './support/database.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A real PostgreSQL that holds the migrated template. */
    postgresUrl: string;
  }
}

/** One real PostgreSQL for the whole test run, with one migrated database that every suite copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-test-'));
  const postgres = await EmbeddedPostgres.start(folder);
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const url = new URL(postgres.url);
  url.pathname = `/${TEMPLATE}`;
  await migrate(url.href);
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
