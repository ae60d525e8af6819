import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

const SYNOPSIS = JSON.stringify({ title: 'What was said', items: [{ kind: 'text', text: 'Hello.' }] });

let database: TestDatabase;
let model: ScriptedModel;
let server: ServerProcess;

beforeAll(async () => {
  database = await TestDatabase.create();
  model = await ScriptedModel.start();
  server = await ServerProcess.start({ DATABASE_URL: database.url, OPENAI_BASE_URL: model.url });
});
afterAll(async () => {
  await server?.stop('SIGKILL');
  await model?.stop();
  await database?.drop();
});

it('a client that waits for a synopsis gets it also from a server that was told to stop meanwhile', async () => {
  const sessionId = await server.client.openSession({ agent: 'ask' });
  model.script(
    { text: 'Hello.' },
    { text: SYNOPSIS, pace: { chunk: 4, tokensPerSecond: 20, firstTokenMs: 500 } },
  );
  await server.client.ask(sessionId, 'Hello');
  const answered = server.client.post(`/v1/sessions/${sessionId}/synopsis?mode=sync`);
  await eventually(async () =>
    expect(await database.rows('select status from llm_calls where job_id is not null')).toEqual([
      { status: 'started' },
    ]),
  );
  server.signal('SIGTERM');
  const { status, body } = await answered;
  expect([status, body.title], JSON.stringify(body)).toEqual([200, 'What was said']);
  expect((await server.exited).code).toBe(0);
});
