import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deltasOf, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { TestApp } from '../support/test-app.js';

describe('a database that falls silent, with all connections open', () => {
  let database: TestDatabase;
  let proxy: FlakyProxy;
  let app: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = new FlakyProxy(new URL(database.url));
    app = await TestApp.start({ DATABASE_URL: await proxy.open() }, { database });
    other = await TestApp.start({}, { database, model: app.model });
  });
  afterAll(async () => {
    await app.stop();
    await other.stop();
    await proxy.close();
    await database.drop();
  });

  it('costs a streaming run nothing, once it can be reached anew', async () => {
    const text = Array.from({ length: 200 }, (_, n) => `word${n} `).join('');
    app.model.script({ text, pace: { chunk: 6, tokensPerSecond: 100 } });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.client.say(sessionId, 'Say it');
    await app.client.readUntil(sessionId, (event) => event.type === 'message.delta');
    proxy.fallSilent();
    const refused = await app.client.get(`/v1/sessions/${sessionId}`);
    expect([refused.status, refused.body.code]).toEqual([503, 'database.unavailable']);
    proxy.speakAgain();
    const events = await other.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect([...deltasOf(events).values()]).toEqual([text]);
  }, 60_000);

  it('does not make a reader deaf to what other instances store', async () => {
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const reading = app.client.readUntil(sessionId, isFinished);
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 1']));
    proxy.fallSilent();
    proxy.speakAgain();
    app.model.reset();
    app.model.script({ text: 'Here I am.' });
    await other.client.say(sessionId, 'hello?');
    expect((await reading).at(-1)!.data).toMatchObject({ status: 'completed' });
  }, 60_000);
});
