import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { TestApp } from '../support/test-app.js';

/** Agents are answered by `large`, at the one server; titles are made by `small`, at the other. */
const ROLES = { default: 'large', small: 'other' };

describe('a title by a model', () => {
  let models: TestModels;
  let database: TestDatabase;
  let app: TestApp;

  beforeAll(async () => {
    models = await TestModels.start();
    await models.write(ROLES);
    database = await TestDatabase.create();
    app = await TestApp.start({ ...models.env, LLM_MAX_RETRIES: '0' }, { database, model: models.one });
  });
  afterAll(async () => {
    await app.stop();
    await models.stop();
    await database.drop();
  });
  beforeEach(() => {
    models.reset();
    models.one.always({ text: 'It is the clock.' });
  });

  const openSession = () => app.client.openSession({ agent: 'ask', title: undefined });
  const titleOf = async (sessionId: string) => {
    const [row] = await database.rows('select title, title_source from sessions where id = $1', [sessionId]);
    return [row!['title'], row!['title_source']];
  };
  const callsOf = (sessionId: string) =>
    database.rows(
      `select purpose, model, status from llm_calls where session_id = $1 and purpose = 'title' order by id`,
      [sessionId],
    );

  it('takes the place of the first line after the first answer, once, beside the usage of the run', async () => {
    models.two.always({ text: '"**A clock that is off**."\nIt names the subject.' });
    const sessionId = await openSession();
    await app.client.ask(sessionId, 'Why does the login fail?\nIt did not on Monday.');
    const [started, ended] = (
      await app.client.readUntil(
        sessionId,
        ({ type, data }) => type === 'session.updated' && data.title_source === 'model',
      )
    ).filter(({ type }) => type === 'session.updated');
    expect(started!.data).toMatchObject({ title: 'Why does the login fail?', title_source: 'first_message' });
    expect(ended).toMatchObject({ run_id: null, data: { changed: ['title'], title: 'A clock that is off' } });
    expect(await titleOf(sessionId)).toEqual(['A clock that is off', 'model']);
    expect(models.two.requests).toHaveLength(1);
    const shown = JSON.stringify(models.two.requests[0]!.messages);
    expect(shown).toContain('It did not on Monday.');
    expect(shown).toContain('It is the clock.');
    await app.client.ask(sessionId, 'And now?');
    expect(await callsOf(sessionId)).toEqual([{ purpose: 'title', model: 'other', status: 'completed' }]);
    const runs = await database.rows(`select usage->>'modelCalls' as calls from runs where session_id = $1`, [
      sessionId,
    ]);
    expect(runs).toEqual([{ calls: '1' }, { calls: '1' }]);
  });

  it('is given up where the model fails or says nothing, and not asked for again', async () => {
    for (const [reply, status] of [
      [{ status: 500 }, 'failed'],
      [{ text: '""' }, 'completed'],
    ] as const) {
      models.two.reset();
      models.two.always(reply);
      const sessionId = await openSession();
      await app.client.ask(sessionId, 'A question');
      await eventually(async () => expect(await callsOf(sessionId)).toMatchObject([{ status }]));
      await app.client.ask(sessionId, 'Another');
      expect(await titleOf(sessionId)).toEqual(['A question', 'first_message']);
      expect(await callsOf(sessionId)).toHaveLength(1);
    }
  });

  it('never replaces one of the user', async () => {
    models.two.always({ text: 'Of the model', pace: { firstTokenMs: 500 } });
    const sessionId = await openSession();
    await app.client.ask(sessionId, 'A question');
    await eventually(async () => expect(await callsOf(sessionId)).toHaveLength(1));
    await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { title: 'Of the user' });
    await eventually(async () => expect(await callsOf(sessionId)).toMatchObject([{ status: 'completed' }]));
    expect(await titleOf(sessionId)).toEqual(['Of the user', 'user']);
  });

  it('is not asked for where the file of models names no small one', async () => {
    await models.write({ default: 'large', small: undefined });
    const other = await TestApp.start({ ...models.env }, { database, model: models.one });
    try {
      const sessionId = await other.client.openSession({ agent: 'ask', title: undefined });
      await other.client.say(sessionId, 'A question');
      await other.client.readUntil(sessionId, isFinished);
    } finally {
      await other.stop(); // settles what is open
    }
    expect(models.two.requests).toEqual([]);
    const rows = await database.rows(`select title_source from sessions order by id desc limit 1`);
    expect(rows).toEqual([{ title_source: 'first_message' }]);
  });
});
