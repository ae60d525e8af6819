import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UsageCounter } from '../../src/modules/models/infrastructure/usage-counter.js';
import { RecoverRuns } from '../../src/modules/runs/application/supervision/recover-runs.js';
import { TestClient, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { find } from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { expectCounted } from '../support/usage-sums.js';

const COST = { input: 2, output: 10 };
const FROM_THE_START = '00000000-0000-0000-0000-000000000000';

let models: TestModels;
let app: TestApp;
/** A user of one test alone. */
let user: string;
let client: TestClient;

beforeAll(async () => {
  models = await TestModels.start();
  await models.write({
    models: models.content.models.map((model) => (model.id === 'other' ? model : { ...model, cost: COST })),
  });
  app = await TestApp.start(
    { ...models.env, AUTH_MODE: 'api_key', LLM_MAX_RETRIES: '0' },
    { model: models.one, circuit: NEVER_OPENS, worker: true },
  );
});
afterAll(async () => {
  await app?.stop();
  await models?.stop();
});
beforeEach(async () => {
  models.reset();
  models.one.always({ text: 'Here.' });
  models.two.always({ text: 'There.' });
  user = randomUUID();
  client = await app.as(user);
});

const openSession = (agent = 'ask') => client.openSession({ agent });
const list = async (query: string) => (await client.get(`/v1/usage?${query}`)).body.data as Sum[];
const keysOf = (sums: readonly Sum[]) => sums.map(({ key, usage }) => [key, usage.model_calls]);
const totalOf = (sums: readonly Sum[], field: keyof Sum['usage']) =>
  sums.reduce((sum, { usage }) => sum + usage[field], 0);
/** The days are what the ledger has of the user: one, or two where midnight has passed since the test began. */
const expectDays = async (calls: number) => {
  const ledger = await app.database.rows<{ key: string; calls: number; prompt: number; cost: number }>(
    `select (finished_at at time zone 'UTC')::date::text as key, count(*)::int as calls,
            sum(prompt_tokens)::int as prompt, sum(cost_micros)::int as cost
       from llm_calls where session_id in (select id from sessions where user_id = $1) group by 1 order by 1 desc`,
    [user],
  );
  const days = await list('');
  expect(days).toMatchObject(
    ledger.map(({ key, calls: model_calls, prompt: prompt_tokens, cost: cost_micros }) => ({
      key,
      usage: { model_calls, prompt_tokens, cost_micros, estimated: false },
      unknown_calls: 0,
    })),
  );
  expect(totalOf(days, 'model_calls')).toBe(calls);
};
/** As if the calls of a session had ended on another day. */
const moveTo = async (sessionId: string, day: string) => {
  for (const change of [
    'update usage_days set day = $2::date where session_id = $1',
    `update llm_calls set finished_at = $2::timestamp at time zone 'UTC' where session_id = $1`,
  ]) {
    await app.database.rows(change, [sessionId, day]);
  }
};

interface Sum {
  key: string | null;
  usage: Record<'model_calls' | 'prompt_tokens' | 'total_tokens' | 'cost_micros', number>;
  unknown_calls: number;
}

describe('GET /v1/usage', () => {
  it('adds up by day, model, agent and session what the ledger has', async () => {
    const [first, second] = [await openSession(), await openSession('coder')];
    await client.ask(first, 'Hello');
    await client.ask(first, 'Hello', { model: 'other' });
    await client.ask(second, 'Hello');
    await expectDays(3);
    expect(keysOf(await list('group_by=model'))).toEqual([
      ['large', 2],
      ['other', 1],
    ]);
    expect((await list('group_by=model'))[1]).toMatchObject({ usage: { cost_micros: null } });
    expect(keysOf(await list('group_by=agent'))).toEqual([
      ['ask', 2],
      ['coder', 1],
    ]);
    expect(keysOf(await list('group_by=session'))).toEqual([
      [second, 1],
      [first, 2],
    ]);
    expect(await expectCounted(app.database)).toBeGreaterThanOrEqual(3);
  });

  it('counts the classification, the title and the synopsis, each for its agent and model', async () => {
    models.one.reset({ is_atomic: true, agent: 'explain', confidence: 'high', reason: 'a question' });
    models.one.always({ text: '{"title":"Leases","items":[{"kind":"text","text":"One"}]}' });
    const { body: session } = await client.post('/v1/sessions');
    await client.ask(session.id, 'What is a lease?');
    await client.post(`/v1/sessions/${session.id}/synopsis?mode=sync`);
    await eventually(async () => {
      const { body } = await client.get(`/v1/sessions/${session.id}`);
      expect(body.usage.model_calls).toBe(4);
    });
    expect(keysOf(await list('group_by=agent'))).toEqual([
      ['ask', 2],
      ['orchestrator', 1],
      ['synopsis_manager', 1],
    ]);
    expect(keysOf(await list('group_by=model'))).toEqual([
      ['large', 1],
      ['small', 3],
    ]);
  });

  it('is in each session, beside what its runs have used', async () => {
    const sessionId = await openSession();
    const { body: before } = await client.get(`/v1/sessions/${sessionId}`);
    expect(before.usage).toMatchObject({ model_calls: 0, total_tokens: 0, cost_micros: null });
    const events = await client.ask(sessionId, 'Hello');
    const { usage } = find(events, 'run.finished').data;
    expect(usage.cost_micros).toBeGreaterThan(0);
    expect((await client.get(`/v1/sessions/${sessionId}`)).body.usage).toEqual(usage);
    expect((await client.get('/v1/sessions')).body.data).toMatchObject([{ id: sessionId, usage }]);
    expect((await client.get(`/v1/runs/${events[0]!.run_id}`)).body.usage).toEqual(usage);
  });

  it('has the days of the period alone, its first and its last among them', async () => {
    const sessions = ['2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01'];
    for (const day of sessions) {
      const sessionId = await openSession();
      await client.ask(sessionId, 'Hello');
      await moveTo(sessionId, day);
    }
    expect(keysOf(await list('from=2026-02-01&to=2026-02-28'))).toEqual([
      ['2026-02-28', 1],
      ['2026-02-01', 1],
    ]);
    expect(totalOf(await list('from=2026-02-01&to=2026-02-28&group_by=agent'), 'model_calls')).toBe(2);
    // Without a beginning it has thirty days.
    expect(keysOf(await list('to=2026-03-02'))).toHaveLength(3);
    expect(await list('')).toEqual([]);
  });

  it.each(['day', 'model', 'agent', 'session'])('comes in pages by %s', async (group) => {
    const days = ['2026-02-01', '2026-02-02', '2026-02-03'];
    for (const [index, model] of ['large', 'small', 'other'].entries()) {
      const sessionId = await openSession(['ask', 'coder', 'debug'][index]);
      await client.ask(sessionId, 'Hello', { model });
      await moveTo(sessionId, days[index]!);
    }
    const query = `from=2026-02-01&to=2026-02-28&group_by=${group}`;
    const whole = await list(query);
    expect(whole).toHaveLength(3);
    const paged: Sum[] = [];
    for (let cursor = ''; ;) {
      const { body } = await client.get(`/v1/usage?${query}&limit=1${cursor}`);
      paged.push(...(body.data as Sum[]));
      if (!body.has_more) break;
      cursor = `&cursor=${encodeURIComponent(body.next_cursor as string)}`;
    }
    expect(paged).toEqual(whole);
  });

  it('shows nothing of another user', async () => {
    await client.ask(await openSession(), 'Hello');
    const stranger = await app.as(randomUUID());
    for (const group of ['day', 'model', 'agent', 'session']) {
      const { body } = await stranger.get(`/v1/usage?group_by=${group}`);
      expect(body).toEqual({ data: [], has_more: false, next_cursor: null });
    }
  });

  it('keeps the sums of sessions that are deleted, without their ids', async () => {
    const [kept, ...deleted] = [await openSession(), await openSession(), await openSession()];
    for (const sessionId of [kept, ...deleted]) await client.ask(sessionId, 'Hello');
    for (const sessionId of deleted) await client.call('DELETE', `/v1/sessions/${sessionId}`);
    expect(keysOf(await list('group_by=session'))).toEqual([
      [kept, 1],
      [null, 2],
    ]);
    const { body } = await client.get('/v1/usage?group_by=session&limit=1');
    expect(body).toMatchObject({ has_more: true, next_cursor: kept });
    expect(keysOf(await list(`group_by=session&cursor=${kept}`))).toEqual([[null, 2]]);
    expect(totalOf(await list(''), 'model_calls')).toBe(3);
  });

  it.each([
    ['from=yesterday', 'from'],
    ['from=2026-02-30', 'from'],
    ['to=2026-13-01', 'to'],
    ['to=0000-01-01', 'to'],
    ['from=2026-02-02&to=2026-02-01', 'from'],
    ['from=2025-02-01&to=2026-02-02', 'from'],
    ['from=2999-01-01', 'from'],
    ['group_by=user', 'group_by'],
    ['group_by=day&cursor=large', 'cursor'],
    ['group_by=session&cursor=large', 'cursor'],
    ['group_by=model&cursor=%00', 'cursor'],
    ['limit=0', 'limit'],
    ['user=bob', 'user'],
  ])('refuses %s', async (query, field) => {
    const { status, body } = await client.get(`/v1/usage?${query}`);
    expect([status, body.code]).toEqual([400, 'request.invalid']);
    expect(body.errors[0].field).toBe(field);
  });

  it('takes a whole year', async () => {
    expect((await client.get('/v1/usage?from=2024-01-01&to=2024-12-31')).status).toBe(200);
  });
});

describe('calls that are settled at once', () => {
  it('all count, in runs of several sessions and beside each other in one', async () => {
    const sessions = [await openSession(), await openSession(), await openSession()];
    await Promise.all(
      sessions.map(async (sessionId) => {
        const job = client.post('/v1/jobs/agents/ask/latest', { session_id: sessionId, query: 'Why?' });
        for (let turn = 0; turn < 3; turn++) await client.ask(sessionId, 'Hello');
        const { body } = await job;
        await eventually(async () =>
          expect((await client.get(`/v1/jobs/${body.job_id}`)).body.status).toBe('done'),
        );
      }),
    );
    await expectDays(12);
    await expectCounted(app.database);
  });

  it('do not wait for the sums of another session of the user', async () => {
    const [held, free] = [await openSession(), await openSession()];
    await client.ask(held, 'Hello');
    const release = await app.database.lock('select from usage_days where session_id = $1 for update', [
      held,
    ]);
    try {
      expect(find(await client.ask(free, 'Hello'), 'run.finished').data.status).toBe('completed');
    } finally {
      await release();
    }
  });

  it('lock the sums after the session', async () => {
    const sessionId = await openSession();
    await client.ask(sessionId, 'Hello');
    models.one.reset();
    models.one.script({ text: 'word '.repeat(150), pace: { chunk: 5, tokensPerSecond: 50 } });
    const { body } = await client.say(sessionId, 'Hello');
    await client.readUntil(
      sessionId,
      ({ type, run_id: runId }) => type === 'message.delta' && runId === body.run.id,
    );
    const release = await app.database.lock('select from sessions where id = $1 for no key update', [
      sessionId,
    ]);
    try {
      await eventually(async () => {
        const waiting = await app.database.rows(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        expect(waiting).not.toEqual([]);
      });
      const free = await app.database.rows(
        'select 1 from usage_days where session_id = $1 for update skip locked',
        [sessionId],
      );
      expect(free).toHaveLength(1);
    } finally {
      await release();
    }
    const events = await client.readUntil(
      sessionId,
      (event) => isFinished(event) && event.run_id === body.run.id,
    );
    expect(find(events.slice(-1), 'run.finished').data.status).toBe('completed');
  });
});

describe('calls whose process died', () => {
  it('count as calls of which nothing is known, once', async () => {
    models.one.reset();
    models.one.script(
      { text: 'word '.repeat(200), pace: { chunk: 5, tokensPerSecond: 50 } },
      { text: 'Here.' },
    );
    const sessionId = await openSession();
    const { body: sent } = await client.say(sessionId, 'Hello');
    await client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    await app.database.rows(
      `update runs set lease_token = gen_random_uuid(), lease_expires_at = now() - interval '1 second'
        where session_id = $1 and status = 'running'`,
      [sessionId],
    );
    await app.nest.get(RecoverRuns).execute();
    const events = await client.readUntil(sessionId, isFinished);
    const { body: run } = await client.get(`/v1/runs/${sent.run.id}`);
    for (const told of [find(events, 'run.finished').data, run]) {
      expect(told).toMatchObject({ usage: { model_calls: 2 }, unknown_calls: 1 });
    }
    const [sum] = await list('group_by=session');
    expect(sum).toMatchObject({ usage: { model_calls: 2 }, unknown_calls: 1 });
    await expectCounted(app.database);
  });

  it('are found by the counter where no work goes on with them', async () => {
    const sessionId = await openSession();
    await client.ask(sessionId, 'Hello');
    const begun = async (minutesAgo: number, purpose: string) => {
      const [row] = await app.database.rows<{ id: string }>(
        `insert into llm_calls (id, session_id, run_id, agent, purpose, model, status, started_at)
         select gen_random_uuid(), session_id, id, 'ask', $3, 'small', 'started', now() - make_interval(mins => $2)
           from runs where session_id = $1 returning id`,
        [sessionId, minutesAgo, purpose],
      );
      return row!.id;
    };
    const lost = await begun(61, 'title');
    const others = [await begun(1, 'title'), await begun(61, 'answer')];
    await app.nest.get(UsageCounter, { strict: false }).count();
    const statuses = await app.database.rows(
      'select id, status from llm_calls where id = any($1) order by array_position($1, id)',
      [[lost, ...others]],
    );
    expect(statuses.map(({ status }) => status as string)).toEqual(['aborted', 'started', 'started']);
    expect(await list('group_by=model')).toMatchObject([
      { key: 'large', unknown_calls: 0 },
      { key: 'small', usage: { model_calls: 1 }, unknown_calls: 1 },
    ]);
  });
});

describe('calls of earlier releases', () => {
  const count = () => app.nest.get(UsageCounter, { strict: false }).count();
  const forget = async () => {
    await app.database.rows('update llm_calls set counted = null');
    await app.database.rows('delete from usage_days');
    await app.database.rows('update usage_counting set counted_through = $1', [FROM_THE_START]);
  };

  it('are counted while the server works, once, whichever processes do so', async () => {
    const sessionId = await openSession();
    await client.ask(sessionId, 'Hello');
    await app.database.rows(
      `insert into llm_calls (id, session_id, run_id, agent, purpose, model, status, prompt_tokens, completion_tokens,
                              started_at, finished_at)
       select gen_random_uuid(), session_id, id, 'ask', 'answer', 'large', 'completed', n, 1, started_at,
              now() - make_interval(days => n % 5)
         from runs, generate_series(1, 1200) as n where session_id = $1`,
      [sessionId],
    );
    await forget();
    const asking = client.ask(sessionId, 'Hello');
    await Promise.all([count(), count(), count()]);
    await asking;
    await count();
    const calls = await expectCounted(app.database);
    expect(calls).toBeGreaterThan(1200);
    expect(await expectCounted(app.database)).toBe(calls);
    expect(totalOf(await list(''), 'model_calls')).toBe(1202);
  });

  it('are counted also when they are settled after the counter has passed', async () => {
    const sessionId = await openSession();
    await client.ask(sessionId, 'Hello');
    await count();
    await app.database.rows('update llm_calls set counted = null where session_id = $1', [sessionId]);
    await app.database.rows('delete from usage_days where session_id = $1', [sessionId]);
    await count();
    await expectCounted(app.database);
  });
});
