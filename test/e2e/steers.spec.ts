import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { callIn, reads, toolResult } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';

const SLOW = { text: 'word '.repeat(400), pace: { chunk: 5, tokensPerSecond: 60 } };
const LEASE = { RUN_LEASE_SECONDS: '3' };
const TEXT = 'In tabs';
const KEY = { 'idempotency-key': 'steer' };

describe('what is said to a run at work is told once where its process is killed', () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let proxy: FlakyProxy;
  let server: ServerProcess;
  let restarted: TestApp | undefined;
  let sessionId: string;

  beforeEach(async () => {
    database = await TestDatabase.create();
    model = await ScriptedModel.start();
    proxy = new FlakyProxy(new URL(database.url));
    const env = { DATABASE_URL: await proxy.open(), OPENAI_BASE_URL: model.url, ...LEASE };
    server = await ServerProcess.start(env);
    sessionId = await server.client.openSession({ agent: 'ask' });
  });
  afterEach(async () => {
    await server.stop('SIGKILL');
    await restarted?.stop();
    restarted = undefined;
    await proxy.close();
    await model.stop();
    await database.drop();
  });

  const steer = (client = server.client) => client.with(KEY).say(sessionId, TEXT, { on_busy: 'steer' });
  const waiting = () => database.rows('select from steers where session_id = $1', [sessionId]);
  const told = () =>
    database.rows(`select from messages where session_id = $1 and content = $2`, [sessionId, TEXT]);

  /** Kills the process, which gets no answer from this statement on. */
  const killAt = async (statement: string, act: () => Promise<unknown>, isDone = async () => true) => {
    proxy.swallowAnswersFrom(statement);
    const unanswered = act().catch(() => undefined); // the process ends before it can answer
    await eventually(async () => expect([proxy.isSwallowing, await isDone()]).toEqual([true, true]));
    await server.stop('SIGKILL');
    await unanswered;
    model.always({ text: 'Done.' });
    restarted = await TestApp.start(LEASE, { database, model });
    return restarted.client;
  };

  const expectToldOnce = async () => {
    await eventually(async () => {
      const open = `select from runs where session_id = $1 and status in ('queued', 'running', 'waiting')`;
      expect(await database.rows(open, [sessionId])).toEqual([]);
    });
    expect([(await told()).length, (await waiting()).length]).toEqual([1, 0]);
    const asked = model.requests.at(-1)!.messages.filter(({ content }) => content === TEXT);
    expect(asked).toHaveLength(1);
  };

  it('when it is stored, and not answered', async () => {
    model.script(reads());
    const callId = callIn(await server.client.ask(sessionId, 'Look'));
    const client = await killAt(
      'COMMIT',
      () => steer(),
      async () => (await waiting()).length === 1,
    );
    expect((await steer(client)).status).toBe(202);
    await client.input(sessionId, toolResult(callId));
    await expectToldOnce();
  });

  it.each([
    ['before', 'delete from steers', 0],
    ['after', 'COMMIT', 1],
  ])('%s the commit that tells it', async (_when, statement, messages) => {
    model.script(reads());
    const callId = callIn(await server.client.ask(sessionId, 'Look'));
    await steer();
    const client = await killAt(
      statement,
      () => server.client.input(sessionId, toolResult(callId)),
      async () => (await told()).length === messages,
    );
    if (messages === 0) await client.input(sessionId, toolResult(callId));
    await expectToldOnce();
  });

  it('before the commit that ends its run', async () => {
    model.script(SLOW);
    await server.client.say(sessionId, 'Say it');
    await server.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    await steer();
    await killAt('delete from steers', async () => undefined);
    await expectToldOnce();
  });
});
