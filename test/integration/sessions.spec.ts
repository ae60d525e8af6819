import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isFinished, isWaiting } from '../support/client.js';
import { held } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

describe('sessions', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(() => app.model.reset());

  it('are opened, shown, renamed, archived, brought back and deleted', async () => {
    const { body: opened } = await app.client.post('/v1/sessions', {
      title: 'One',
      metadata: { folder: 'shop' },
    });
    expect(opened).toMatchObject({
      title: 'One',
      agent: 'orchestrator',
      phase: 'idle',
      active_run: null,
      message_count: 0,
      last_event_id: '0',
      metadata: { folder: 'shop' },
      archived_at: null,
    });
    const path = `/v1/sessions/${opened.id}`;
    expect((await app.client.get(path)).body).toEqual(opened);

    const renamed = await app.client.call('PATCH', path, { title: 'Two', archived: true });
    expect(renamed.body).toMatchObject({ title: 'Two', archived_at: expect.any(String) });
    const refused = await app.client.say(opened.id, 'anybody there?');
    expect([refused.status, refused.body.code]).toEqual([409, 'session.archived']);
    await app.client.call('PATCH', path, { archived: false });
    app.model.script({ text: 'yes' });
    expect((await app.client.ask(opened.id, 'and now?')).at(-1)).toMatchObject({
      data: { status: 'completed' },
    });

    expect((await app.client.call('DELETE', path)).status).toBe(204);
    expect((await app.client.get(path)).status).toBe(404);
    expect((await app.client.say(opened.id, 'hello?')).status).toBe(404);
    const [row] = await app.database.rows(
      'select deleted_at is not null as gone from sessions where id = $1',
      [opened.id],
    );
    expect(row).toEqual({ gone: true });
  });

  it('are listed newest first, in pages that neither repeat nor miss one', async () => {
    const opened: string[] = [];
    for (let n = 0; n < 7; n++) opened.unshift(await app.client.openSession({ title: `List ${n}` }));
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await app.client.get(`/v1/sessions?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.data.map((session: { id: string }) => session.id));
      if (!body.has_more) {
        expect(body.next_cursor).toBeNull();
        break;
      }
      cursor = body.next_cursor;
    }
    expect(seen.slice(0, 7)).toEqual(opened);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('page through their messages, oldest first', async () => {
    app.model.always({ text: 'answer' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    for (let n = 0; n < 3; n++) await app.client.ask(sessionId, `question ${n}`);
    const first = (await app.client.get(`/v1/sessions/${sessionId}/messages?limit=4`)).body;
    const second = (
      await app.client.get(`/v1/sessions/${sessionId}/messages?limit=4&cursor=${first.next_cursor}`)
    ).body;
    expect([...first.data, ...second.data].map((message) => message.content)).toEqual([
      ...['question 0', 'answer', 'question 1', 'answer', 'question 2', 'answer'],
    ]);
    expect(second.has_more).toBe(false);
    const { body: runs } = await app.client.get(`/v1/sessions/${sessionId}/runs?limit=2`);
    expect(runs).toMatchObject({ data: [{ status: 'completed' }, { status: 'completed' }], has_more: true });
  });

  it('have one active run, however many messages arrive at once, on two instances', async () => {
    const other = await TestApp.start({}, app);
    try {
      const [reply, letGo] = held({ text: 'a while' });
      app.model.always(reply);
      const sessionId = await app.client.openSession({ agent: 'ask' });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 ? app : other).client.say(sessionId, `message ${n}`)),
      );
      letGo();
      const statuses = answers.map((answer) => answer.status).toSorted((a, b) => a - b);
      expect(statuses).toEqual([202, ...Array.from({ length: 19 }, () => 409)]);
      expect(
        answers.filter((answer) => answer.status === 409).every((a) => a.body.code === 'run.in_progress'),
      ).toBe(true);
      await app.client.readUntil(sessionId, isFinished);
      const counts = await app.database.rows(
        `select (select count(*)::int from runs where session_id = $1) as runs,
                (select count(*)::int from messages where session_id = $1 and role = 'user') as messages`,
        [sessionId],
      );
      expect(counts).toEqual([{ runs: 1, messages: 1 }]);
    } finally {
      await other.stop();
    }
  });

  it('cannot be deleted, nor handed over, while a run is active', async () => {
    app.model.script({ calls: [{ name: 'list_files', args: { path: '.' } }] });
    const sessionId = await app.client.openSession();
    expect(isWaiting((await app.client.ask(sessionId, 'list')).at(-1)!)).toBe(true);
    const deleted = await app.client.call('DELETE', `/v1/sessions/${sessionId}`);
    expect([deleted.status, deleted.body.code]).toEqual([409, 'run.in_progress']);
    const switched = await app.client.input(sessionId, { type: 'switch_agent', agent: 'debug' });
    expect([switched.status, switched.body.code]).toEqual([409, 'run.in_progress']);
    const message = await app.client.say(sessionId, 'second');
    expect([message.status, message.body.code]).toEqual([409, 'run.in_progress']);
  });

  it('are either deleted or busy, when a message and a deletion meet', async () => {
    // The run is still active when the deletion comes.
    app.model.always({ text: 'ok', pace: { firstTokenMs: 60_000 } });
    for (let n = 0; n < 15; n++) {
      const sessionId = await app.client.openSession({ agent: 'ask' });
      const [said, deleted] = await Promise.all([
        app.client.say(sessionId, 'hello'),
        app.client.call('DELETE', `/v1/sessions/${sessionId}`),
      ]);
      const outcome = [said.status, deleted.status];
      expect([
        [202, 409],
        [404, 204],
      ]).toContainEqual(outcome);
      if (said.status !== 202) continue;
      await app.client.post(`/v1/runs/${said.body.run.id}/cancel`);
      await app.client.readUntil(sessionId, isFinished);
    }
  });

  it('cost a turn no more than its model can be told, however long they are', async () => {
    app.model.always({ text: 'ok' });
    app.model.takeNotes({ text: 'Old messages.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.database.rows(
      `insert into messages (id, session_id, position, role, content, created_at)
         select gen_random_uuid(), $1, n, case n % 2 when 1 then 'user' else 'assistant' end, 'old message ' || n, now()
           from generate_series(1, 3000) as n`,
      [sessionId],
    );
    await app.database.rows('update sessions set message_count = 3000 where id = $1', [sessionId]);
    await app.client.ask(sessionId, 'newest');
    const [request] = app.model.requests;
    expect(request!.messages.length).toBeLessThan(1_000);
    expect(request!.messages.at(-1)).toMatchObject({ role: 'user', content: 'newest' });
    await app.database.rows('analyze messages');
    const plan = await app.database.rows<{ 'QUERY PLAN': string }>(
      `explain select * from messages where session_id = $1 order by position desc limit 200`,
      [sessionId],
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).not.toMatch(/Seq Scan|Sort/);
  });
});

describe('agents', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('are listed and shown with their tools', async () => {
    const { body } = await app.client.get('/v1/agents');
    expect(body.data.map((agent: { id: string }) => agent.id).toSorted()).toEqual([
      ...['architect', 'ask', 'coder', 'debug', 'orchestrator', 'synopsis_manager', 'universal'],
    ]);
    const { body: ask } = await app.client.get('/v1/agents/ask');
    expect(ask.tools).toEqual([
      'read_file',
      'list_files',
      'search_in_code',
      'glob',
      'read_result',
      'ask_followup_question',
      'switch_agent',
    ]);
  });
});
