import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findSessions } from '../../src/modules/sessions/infrastructure/find-sessions.js';
import { TestClient, isFinished, isWaiting } from '../support/client.js';
import {
  NOT_ATOMIC,
  askedIn,
  callIn,
  find,
  finish,
  planIdIn,
  propose,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { rowsRead } from '../support/rows-read.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start({ AUTH_MODE: 'api_key' });
});
afterAll(() => app.stop());
beforeEach(() => app.model.reset());

/** All pages of a list, and how many there were. */
async function listed(client: TestClient, path: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  for (let pages = 1, cursor = ''; ; pages++) {
    const { status, body } = await client.get(`${path}${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    ids.push(...body.data.map((each: { id: string }) => each.id));
    if (!body.has_more) return { ids, pages };
    cursor = body.next_cursor;
  }
}

const idsOf = async (client: TestClient, query: string) =>
  (await listed(client, `/v1/sessions?${query}`)).ids;

const stored = async (sessionId: string) => {
  const [row] = await app.database.rows('select title, title_source, metadata from sessions where id = $1', [
    sessionId,
  ]);
  return row;
};

describe('the title of a session', () => {
  it('is the first line of the first message, stored with it', async () => {
    const client = await app.as('titles');
    app.model.always({ text: 'Done.' });
    const sessionId = await client.openSession({ agent: 'ask', title: undefined });
    expect(await stored(sessionId)).toMatchObject({ title: 'New session', title_source: null });
    await client.ask(sessionId, '\n  Why does the login fail?  \nIt did not on Monday.');
    expect(find(await client.readUntil(sessionId, isFinished), 'session.updated')).toMatchObject({
      run_id: null,
      data: { changed: ['title'], title: 'Why does the login fail?', title_source: 'first_message' },
    });
    await client.ask(sessionId, 'And the logout?');
    expect(await stored(sessionId)).toMatchObject({
      title: 'Why does the login fail?',
      title_source: 'first_message',
    });
    expect((await client.get(`/v1/sessions/${sessionId}`)).body).toMatchObject({
      title: 'Why does the login fail?',
      title_source: 'first_message',
    });
    const updates = await app.database.rows(
      `select data from events where session_id = $1 and type = 'session.updated'`,
      [sessionId],
    );
    expect(updates).toHaveLength(1);
  });

  it('is that of the user where there is one, also where an older version stored it', async () => {
    const client = await app.as('titles');
    app.model.always({ text: 'Done.' });
    const given = await client.openSession({ agent: 'ask', title: 'Mine' });
    const older = await client.openSession({ agent: 'ask', title: 'Older' });
    const renamed = await client.openSession({ agent: 'ask', title: undefined });
    await app.database.rows('update sessions set title_source = null where id = $1', [older]);
    await client.call('PATCH', `/v1/sessions/${renamed}`, { title: 'Renamed' });
    for (const sessionId of [given, older, renamed]) await client.ask(sessionId, 'A question');
    expect((await stored(given))!.title).toBe('Mine');
    expect((await stored(older))!.title).toBe('Older');
    expect(await stored(renamed)).toMatchObject({ title: 'Renamed', title_source: 'user' });
    expect((await client.get(`/v1/sessions/${older}`)).body.title_source).toBe('user');
  });

  it('is told of with everything else that changes', async () => {
    const client = await app.as('titles');
    const sessionId = await client.openSession({ metadata: { a: 1 } });
    const path = `/v1/sessions/${sessionId}`;
    const { body } = await client.call('PATCH', path, { title: 'T', archived: true, metadata: { b: 2 } });
    expect(body).toMatchObject({ title: 'T', title_source: 'user', metadata: { b: 2 } });
    expect(body.archived_at).not.toBeNull();
    expect((await stored(sessionId))!.metadata).toEqual({ b: 2 });
    const [event] = await client.readUntil(sessionId, ({ type }) => type === 'session.updated');
    expect(event!.data).toEqual({
      changed: ['title', 'archived', 'metadata'],
      title: 'T',
      title_source: 'user',
    });
    const refused = await client.call('PATCH', path, { metadata: { text: 'x'.repeat(17_000) } });
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'metadata']);
  });
});

describe('the list of sessions', () => {
  it('filters by what is archived, and sorts by the last change, in pages', async () => {
    const client = await app.as('lists');
    app.model.always({ text: 'Done.' });
    const opened: string[] = [];
    for (let n = 0; n < 5; n++) opened.push(await client.openSession({ agent: 'ask', title: `${n}` }));
    const [a, b, c, d, e] = opened as [string, string, string, string, string];
    for (const each of [b, d]) await client.call('PATCH', `/v1/sessions/${each}`, { archived: true });
    await client.ask(a, 'Hello');
    expect(await idsOf(client, 'limit=2')).toEqual([e, d, c, b, a]);
    expect(await idsOf(client, 'limit=2&archived=false')).toEqual([e, c, a]);
    expect(await idsOf(client, 'limit=1&archived=true')).toEqual([d, b]);
    expect(await idsOf(client, 'limit=2&sort=updated_at')).toEqual([a, d, b, e, c]);
    expect(await idsOf(client, 'limit=1&sort=updated_at&archived=false')).toEqual([a, e, c]);
  });

  it('shows what waits, with the cursor before its run', async () => {
    const client = await app.as('waits');
    const idle = await client.openSession();
    const waiting = await client.openSession({ agent: 'coder' });
    app.model.script(reads('a.txt'));
    const events = await client.ask(waiting, 'Read a.txt');
    expect(isWaiting(events.at(-1)!)).toBe(true);
    expect(await idsOf(client, 'status=waiting')).toEqual([waiting]);
    expect(await idsOf(client, 'status=waiting&sort=updated_at&archived=true')).toEqual([]);
    expect(await idsOf(client, 'status=running')).toEqual([]);
    expect(await idsOf(client, 'q=a.txt&status=waiting')).toEqual([waiting]);
    const { body } = await client.get(`/v1/sessions/${waiting}`);
    const run = (await client.get(`/v1/runs/${body.active_run.id}`)).body;
    expect(run.first_event_id).toBe(body.active_run.first_event_id);
    const again = await client.readUntil(waiting, isWaiting, run.first_event_id);
    expect(again.filter(({ run_id }) => run_id === run.id)).toEqual(events.filter(({ run_id }) => run_id));
    expect(await idsOf(client, 'sort=updated_at')).toContain(idle);
  });

  it('finds a text in titles and in messages of the user, in any case and under any locale', async () => {
    const client = await app.as('search');
    app.model.always({ text: 'The answer names a Zebra.' });
    const title = await client.openSession({ title: 'Der Größte: 100% (a_b)*' });
    const said = await client.openSession({ agent: 'ask', title: 'Other' });
    await client.ask(said, 'Почему не работает ВХОД?');
    expect(await idsOf(client, `q=${encodeURIComponent('вход')}`)).toEqual([said]);
    expect(await idsOf(client, `q=${encodeURIComponent('GRÖSSTE')}`)).toEqual([]);
    expect(await idsOf(client, `q=${encodeURIComponent('größTE')}`)).toEqual([title]);
    expect(await idsOf(client, `q=${encodeURIComponent('100% (A_B)*')}`)).toEqual([title]);
    expect(await idsOf(client, 'q=zebra')).toEqual([]);
    expect(await idsOf(client, `q=${encodeURIComponent('.')}`)).toEqual([]);
    expect(await idsOf(await app.as('search 2'), `q=${encodeURIComponent('вход')}`)).toEqual([]);
  });

  it.each([
    ['q=', 'q'],
    ['q=%20', 'q'],
    ['archived=yes', 'archived'],
    ['status=done', 'status'],
    ['sort=title', 'sort'],
    ['sort=updated_at&cursor=0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50', 'cursor'],
    ['cursor=12_0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50', 'cursor'],
  ])('refuses %s', async (query, field) => {
    const { status, body } = await (await app.as('lists')).get(`/v1/sessions?${query}`);
    expect([status, body.errors?.[0]?.field]).toEqual([400, field]);
  });
});

describe('a large list', () => {
  const SESSIONS = 30_000;
  const pageOf = (filter: object) => ({
    archived: undefined,
    status: undefined,
    text: undefined,
    workspace: undefined,
    sort: 'created_at' as const,
    ...filter,
  });
  let client: TestClient;

  beforeAll(async () => {
    client = await app.as('large');
    // Archived ones are between; one in 100 waits; each has a message.
    await app.database.rows(
      `insert into sessions (id, user_id, title, agent, agent_chosen_by_user, metadata, message_count, created_at,
                             updated_at, archived_at, workspace_name, version)
         select ('0198' || lpad(to_hex(n), 4, '0') || '-0000-7000-8000-000000000000')::uuid, 'large', 'Session ' || n, 'ask',
                false, '{}', 1, now(), timestamptz 'epoch' + n * interval '1 second',
                case when n > 100 then now() end, 'shop ' || n % 20, 1
           from generate_series(1, ${SESSIONS}) as n`,
    );
    await app.database.rows(
      `insert into event_streams (session_id) select id from sessions where user_id = 'large'`,
    );
    await app.database.rows(
      `insert into messages (id, session_id, position, role, content, created_at)
         select gen_random_uuid(), id, 1, 'user', 'What about ' || title, now() from sessions where user_id = 'large'`,
    );
    await app.database.rows(`
      insert into runs (id, session_id, user_id, status, phase, agent, trigger, waiting_for, usage, switches, invalid_replies,
                        attempt, events_after, created_at, version)
        select gen_random_uuid(), id, user_id, 'waiting', 'execution', 'ask', 'user_message', '[]',
               '{"modelCalls":1,"promptTokens":1,"completionTokens":1}', 0, 0, 1, 0, now(), 1
          from sessions where user_id = 'large' and title like '%00'`);
    await app.database.rows('analyze sessions, messages, runs');
  });
  // The end of a suite looks at the events of each session.
  afterAll(() => app.database.rows('truncate event_streams'));

  const rowsReadFor = (filter: object, cursor?: string) =>
    rowsRead(app.database, findSessions('large', pageOf(filter), { limit: 50, cursor }));

  it.each([
    ['all', {}, undefined],
    ['the open ones', { archived: false }, undefined],
    ['the archived ones', { archived: true }, undefined],
    ['the last changed', { sort: 'updated_at' }, undefined],
    ['the last changed of the open ones', { sort: 'updated_at', archived: false }, undefined],
    ['those of a workspace', { workspace: 'shop 7' }, undefined],
    ['the last changed of a workspace', { workspace: 'shop 7', sort: 'updated_at' }, undefined],
    ['a late page', {}, '01980100-0000-7000-8000-000000000000'],
    [
      'a late page of the last changed',
      { sort: 'updated_at' },
      '200000000_01980100-0000-7000-8000-000000000000',
    ],
  ])('reads no more than a page: %s', async (_, filter, cursor) => {
    expect(await rowsReadFor(filter, cursor)).toBeLessThan(400);
  });

  it('reads what waits by its runs', async () => {
    expect(await rowsReadFor({ status: 'waiting' })).toBeLessThan(1_500); // of 300 that wait
  });

  it('looks through a limited number of sessions for each page of a search, and through all of them by its cursor', async () => {
    expect(await rowsReadFor({ text: 'no such text' })).toBeLessThan(10_000);
    const { body } = await client.get('/v1/sessions?q=session%20777');
    expect(body).toMatchObject({ data: [], has_more: true });
    const { ids, pages } = await listed(client, '/v1/sessions?q=session%207777');
    expect(ids).toHaveLength(1);
    expect(pages).toBe(SESSIONS / 1_000);
  });
});

describe('the approvals and plans in all sessions', () => {
  it('are listed in pages, by status, and without those of a deleted session', async () => {
    const client = await app.as('asked');
    const asked: string[] = [];
    app.model.script(writes(), writes(), writes());
    for (let n = 0; n < 3; n++) {
      const sessionId = await client.openSession({ agent: 'coder' });
      asked.unshift(askedIn(await client.ask(sessionId, 'Write it')).id);
    }
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose(), propose());
    const planned = [await client.openSession(), await client.openSession()];
    const plans: string[] = [];
    for (const sessionId of planned) plans.unshift(planIdIn(await client.ask(sessionId, 'Build a tool')));
    await client.post(`/v1/approvals/${asked[1]}/decision`, { decision: 'reject' });
    await client.post(`/v1/plans/${plans[0]}/cancel`);

    const idsIn = async (path: string) => (await listed(client, path)).ids;
    const pending = await idsIn('/v1/approvals?limit=1&status=pending');
    expect(pending.filter((id) => asked.includes(id))).toEqual([asked[0], asked[2]]);
    expect(pending).toHaveLength(3); // and that of a plan
    expect(await idsIn('/v1/approvals?status=rejected')).toEqual([asked[1]]);
    expect(await idsIn('/v1/approvals?limit=2')).toHaveLength(5);
    expect(await idsIn('/v1/plans?limit=1')).toEqual(plans);
    expect(await idsIn('/v1/plans?status=review')).toEqual([plans[1]]);
    expect(await idsIn(`/v1/sessions/${planned[0]}/plans?status=cancelled`)).toEqual([]);
    expect((await client.call('DELETE', `/v1/sessions/${planned[1]}`)).status).toBe(204);
    expect(await idsIn('/v1/plans')).toEqual([plans[1]]);
    const { status, body } = await client.get('/v1/plans?status=done');
    expect([status, body.errors[0].field]).toEqual([400, 'status']);
  });
});

describe('a history', () => {
  it('is read from its end, with what became of each call', async () => {
    const client = await app.as('history');
    const sessionId = await client.openSession({ agent: 'coder' });
    app.model.script(reads('a.txt'), reads('b.txt'), finish('Read.'));
    let events = await client.ask(sessionId, 'Read both');
    events = await client.stream(sessionId, toolResult(callIn(events), { result: 'A' }));
    const failed = { type: 'tool_result', call_id: callIn(events), error: 'there is no such file' };
    events = await client.stream(sessionId, failed);
    const path = `/v1/sessions/${sessionId}/messages`;
    const forwards = (await client.get(`${path}?limit=200`)).body.data;
    const backwards: typeof forwards = [];
    for (let cursor = ''; ;) {
      const { body } = await client.get(`${path}?order=desc&limit=2${cursor && `&cursor=${cursor}`}`);
      backwards.push(...body.data);
      if (!body.has_more) break;
      cursor = body.next_cursor;
    }
    expect(backwards).toEqual(forwards.toReversed());
    const statuses = forwards.map((message: { call_status: string | null }) => message.call_status);
    expect(statuses.filter(Boolean)).toEqual(['completed', 'failed']);
    const told = (await client.readUntil(sessionId, ({ id }) => id === events.at(-1)!.id)).flatMap((event) =>
      event.type === 'message.created' ? (event.data.message.call_status ?? []) : [],
    );
    expect(told).toEqual(['completed', 'failed']);
    const repeated = await client.input(sessionId, failed);
    expect([repeated.status, repeated.body.message.call_status]).toEqual([200, 'failed']);
  });
});
