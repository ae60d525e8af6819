import { afterAll, beforeAll, expect, it } from 'vitest';
import { deltasOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';
import { PostgresPair } from './support/postgres-pair.js';

const TEXT = Array.from({ length: 300 }, (_, n) => `word${n} `).join('');

let postgres: PostgresPair;
let proxy: FlakyProxy;
let model: ScriptedModel;
let server: ServerProcess;

beforeAll(async () => {
  postgres = await PostgresPair.start();
  proxy = new FlakyProxy(postgres.primary.url);
  model = await ScriptedModel.start();
  server = await ServerProcess.start({
    DATABASE_URL: await proxy.open(),
    OPENAI_BASE_URL: model.url,
    RATE_LIMIT_PER_MINUTE: '1000',
    LOG_LEVEL: 'debug',
  });
});
afterAll(async () => {
  await server?.stop();
  await model?.stop();
  await proxy?.close();
  await postgres?.stop();
});

const CONNECTIONS = `
  select distinct application_name as name from pg_stat_activity where application_name like 'agent-runtime%' order by 1`;

it('a standby that takes over is found by a process whose connections to the old server stay open', async () => {
  const { client } = server;
  const answers: unknown[] = [];
  const openSession = async () => {
    const { status, body, headers } = await client.post('/v1/sessions');
    answers.push(status === 201 ? status : [status, body.code, headers.get('retry-after')]);
    return status;
  };
  const sessionId = await client.openSession({ agent: 'ask' });
  model.script({ text: TEXT, pace: { chunk: 6, tokensPerSecond: 100 } });
  const reading = client.ask(sessionId, 'Say it');
  await client.readUntil(sessionId, (event) => event.type === 'message.delta');

  // New connections lead to the standby, which is not promoted yet; those from before to a server without writes.
  proxy.leadTo(postgres.standby.url);
  await postgres.makePrimaryReadOnly();
  await eventually(async () => expect(await openSession()).toBe(503));
  expect((await client.get('/health/ready')).status).toBe(503);
  // The queue fails, too, and its library prints that.
  await eventually(() =>
    expect(server.lines.some((line) => line.includes('a trace of a library'))).toBe(true),
  );

  await postgres.standby.rows('select pg_promote()');
  await eventually(async () => expect(await openSession()).toBe(201));
  await eventually(async () => expect((await client.get('/health/ready')).status).toBe(200));
  const unexpected = answers.filter(
    (answer) => answer !== 201 && String(answer) !== '503,database.unavailable,1',
  );
  expect(unexpected).toEqual([]);

  const events = await reading;
  expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  expect([...deltasOf(events).values()]).toEqual([TEXT]);
  const ids = events.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  await eventually(async () => expect(await postgres.primary.rows(CONNECTIONS)).toEqual([]));
  await eventually(async () =>
    expect(await postgres.standby.rows(CONNECTIONS)).toEqual([
      { name: 'agent-runtime' },
      { name: 'agent-runtime deltas' },
      { name: 'agent-runtime jobs' },
      { name: 'agent-runtime notices' },
    ]),
  );
  expect(server.lines.filter((line) => /defect/.test(line))).toEqual([]);
  for (const line of [...server.lines, ...server.errors.split('\n').filter(Boolean)]) {
    expect(() => JSON.parse(line), line).not.toThrow();
  }
});
