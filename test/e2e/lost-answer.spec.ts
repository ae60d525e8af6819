import { expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';

it('An answer that is lost since the process was killed after the commit is found by the repeat on another one, which goes on', async () => {
  const database = await TestDatabase.create();
  const model = await ScriptedModel.start();
  const proxy = new FlakyProxy(new URL(database.url));
  const lease = { RUN_LEASE_SECONDS: '3' };
  const env = { DATABASE_URL: await proxy.open(), OPENAI_BASE_URL: model.url, ...lease };
  const server = await ServerProcess.start(env);
  const key = { 'idempotency-key': 'lost' };
  const stored = (sessionId: string) =>
    database.rows<{ id: string }>('select id from runs where session_id = $1', [sessionId]);
  let restarted: TestApp | undefined;
  try {
    model.script({ text: 'Found.' });
    const sessionId = await server.client.openSession({ agent: 'ask' });
    proxy.swallowAnswersFrom('COMMIT');
    const unanswered = expect(server.client.with(key).ask(sessionId, 'Hello')).rejects.toThrow('fetch');
    const runId = await eventually(async () => {
      const runs = await stored(sessionId);
      expect(runs).toHaveLength(1);
      return runs[0]!.id;
    });
    await server.stop('SIGKILL');
    await unanswered;

    restarted = await TestApp.start(lease, { database, model });
    const client = restarted.client.with(key);
    const events = await client.ask(sessionId, 'Hello');
    expect(events.at(-1)).toMatchObject({
      type: 'run.finished',
      run_id: runId,
      data: { status: 'completed' },
    });
    expect(await client.ask(sessionId, 'Hello')).toEqual(events);
    await expect(client.ask(sessionId, 'Hello?')).rejects.toThrow('422');
    expect(await stored(sessionId)).toHaveLength(1);
  } finally {
    await server.stop('SIGKILL');
    await restarted?.stop();
    await proxy.close();
    await model.stop();
    await database.drop();
  }
});
