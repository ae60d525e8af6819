import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';
import { installForProduction } from './support/production-install.js';

describe('an install without packages of development and optional ones', () => {
  let folder: string;
  let scriptIn: (script: string) => string[];
  let database: TestDatabase;
  let model: ScriptedModel;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-install-'));
    scriptIn = await installForProduction(folder);
    database = await TestDatabase.create();
    model = await ScriptedModel.start();
    env = { DATABASE_URL: database.url, OPENAI_BASE_URL: model.url, AUTH_MODE: 'api_key' };
  });
  afterAll(async () => {
    await model?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('says what is missing without a model before it touches the database', async () => {
    await database.rows('drop schema public cascade; create schema public');
    const empty = { ...env, OPENAI_BASE_URL: '', OPENAI_API_KEY: '' }; // as Compose sets them
    const migrate = ServerProcess.spawn(empty, [...scriptIn('migrations-cli.js'), 'run']);
    expect(await migrate.exited).toEqual({ code: 1, signal: null });
    expect(migrate.errors).toBe(
      'Cannot start, these settings are wrong:\n  OPENAI_API_KEY or OPENAI_BASE_URL must be set: this install has no offline demo model\n',
    );
    const tables = await database.rows(`select 1 from pg_tables where schemaname = 'public'`);
    expect(tables).toEqual([]);
  });

  it('brings an empty database up to date', async () => {
    await database.rows('drop schema public cascade; create schema public');
    const migrate = ServerProcess.spawn(env, [...scriptIn('migrations-cli.js'), 'run']);
    expect(await migrate.exited, migrate.errors).toEqual({ code: 0, signal: null });
    const [{ count } = { count: 0 }] = await database.rows<{ count: number }>(
      'select count(*)::int as count from migrations',
    );
    expect(count).toBeGreaterThan(0);
  });

  it('makes keys, serves the API and the console, and carries out jobs', async () => {
    model.always({ text: 'Done.' });
    const api = await ServerProcess.start(env, [...scriptIn('main.js'), '--api-only']);
    const worker = await ServerProcess.start(env, scriptIn('worker.js'));
    const keys = ServerProcess.spawn(env, [...scriptIn('keys-cli.js'), 'create', '--user', 'alice']);
    try {
      expect(await keys.exited, keys.errors).toEqual({ code: 0, signal: null });
      const page = await (await fetch(`${api.client.url}/console/`)).text();
      for (const [, script] of page.matchAll(/src="([^"]+\.js)"/g)) {
        expect((await fetch(new URL(script!, api.client.url))).status).toBe(200);
      }
      expect(page).toContain('<script');
      const client = api.client.with({ authorization: `Bearer ${await keys.firstLine()}` });
      const sessionId = await client.openSession({ agent: 'ask' });
      const events = await client.ask(sessionId, 'Say it');
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
      const { body: job } = await client.post('/v1/jobs/agents/ask/1.0.0', {
        session_id: sessionId,
        query: 'Do it',
      });
      await eventually(async () => {
        const { body } = await client.get(`/v1/jobs/${job.job_id}`);
        expect(body).toMatchObject({ status: 'done', result: { text: 'Done.' } });
      });
      expect(await Promise.all([api.stop(), worker.stop()])).toEqual([
        { code: 0, signal: null },
        { code: 0, signal: null },
      ]);
    } finally {
      await Promise.all([api.stop('SIGKILL'), worker.stop('SIGKILL')]);
    }
  });
});
