import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeliverJobs } from '../../src/modules/jobs/application/deliver-jobs.js';
import { JobSupervisor } from '../../src/modules/jobs/index.js';
import { SentEvent, deltasOf, isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { UNKNOWN, all, reads } from '../support/scenes.js';
import { held } from '../support/scripted-model.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';

const SLOW = { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 60 } };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

let app: TestApp;
let sessionId: string;

/** With a worker. */
const start = (env: Record<string, string> = {}) =>
  TestApp.start(
    { RUN_LEASE_SECONDS: '3', LLM_MAX_RETRIES: '0', JOB_QUOTA_PER_USER: '0', ...env },
    { worker: true, circuit: NEVER_OPENS },
  );

const request = (agent: string, body: object, from = app) =>
  from.client.post(`/v1/jobs/agents/${agent}/1.0.0`, { session_id: sessionId, ...body });
const ask = (query = 'What is a lease?', from = app) => request('ask', { query }, from);
const view = async (jobId: string) => (await app.client.get(`/v1/jobs/${jobId}`)).body;
const cancel = (jobId: string) => app.client.post(`/v1/jobs/${jobId}/cancel`);
const becomes = (jobId: string, status: string) =>
  eventually(async () => {
    const job = await view(jobId);
    expect(job.status).toBe(status);
    return job;
  });
const isOver = ({ type, data }: SentEvent) =>
  type === 'job.status_changed' && ['done', 'failed', 'cancelled'].includes(data.status);
const history = () => app.client.readUntil(sessionId, isOver);
const speaks = () => app.client.readUntil(sessionId, (event) => event.type === 'message.delta');
/** As the queue does. */
const deliver = async (jobId: string, to = app) => {
  const [job] = await to.database.rows<{ version: number }>('select version from jobs where id = $1', [
    jobId,
  ]);
  await to.nest.get(JobSupervisor).execute({ jobId, version: job!.version });
};
const rows = (sql: string) => app.database.rows(sql, [sessionId]);
/** Moves the next attempt of the session's queued job forward in time. */
const advance = (seconds: number) =>
  rows(
    `update jobs set available_at = available_at - interval '${seconds} seconds'
      where session_id = $1 and status = 'queued'`,
  );

describe('a job of an agent', () => {
  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession();
  });

  it('answers in the background; its result, its run and its events can be read', async () => {
    app.model.script({ text: 'A lock that ends by itself.' });
    const { status, body } = await app.client
      .with({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` })
      .post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'What is a lease?' });
    expect([status, body]).toMatchObject([
      202,
      {
        type: 'agent:ask',
        status: 'queued',
        attempt: 1,
        session_id: sessionId,
        trace_id: TRACE,
        result: null,
      },
    ]);
    const events = await history();
    const job = await view(body.job_id);
    expect(job).toMatchObject({
      status: 'done',
      result: { text: 'A lock that ends by itself.', usage: { model_calls: 1 }, unknown_calls: 0 },
      error: null,
    });
    const { body: run } = await app.client.get(`/v1/runs/${job.run_id}`);
    expect(run).toMatchObject({ status: 'completed', trigger: 'job', job_id: body.job_id, agent: 'ask' });
    expect(typesOf(events).filter((type) => type !== 'message.delta')).toEqual([
      ...['job.status_changed', 'job.status_changed', 'message.created', 'run.started', 'run.phase_changed'],
      ...['message.started', 'message.completed', 'run.phase_changed', 'run.finished', 'job.status_changed'],
    ]);
    const told = all(events, 'job.status_changed');
    expect(told.map(({ run_id, data }) => [run_id, data.status, data.job_type])).toEqual([
      [null, 'queued', 'agent:ask'],
      [null, 'running', 'agent:ask'],
      [null, 'done', 'agent:ask'],
    ]);
    expect([...deltasOf(events).values()]).toEqual(['A lock that ends by itself.']);
    expect(
      await rows('select status, payload_json, lease_token, trace_id from jobs where session_id = $1'),
    ).toEqual([
      { status: 'done', payload_json: { query: 'What is a lease?' }, lease_token: null, trace_id: TRACE },
    ]);
  });

  it('knows what was said before, and what it is told; what it says is not part of the conversation', async () => {
    app.model.script({ text: 'I am Ask.' }, { text: 'You asked who I am.' }, { text: 'Nothing else.' });
    await app.client.ask(sessionId, 'Who are you?', { agent: 'ask' });
    const { body } = await request('ask', { query: 'What did I ask?', memory: { project: 'shop' } });
    await becomes(body.job_id, 'done');
    const prompt = JSON.stringify(app.model.requests[1]!.messages);
    for (const known of ['Who are you?', 'I am Ask.', 'What did I ask?', 'shop'])
      expect(prompt).toContain(known);
    expect(app.model.requests[1]!.tools?.map((tool) => tool.function.name)).toEqual(['read_result']);
    await app.client.ask(sessionId, 'Go on');
    expect(JSON.stringify(app.model.requests[2]!.messages)).not.toContain('You asked who I am.');
    const contents = async (query = '') => {
      const { body: page } = await app.client.get(`/v1/sessions/${sessionId}/messages${query}`);
      return page.data.map((message: { content: string }) => message.content);
    };
    expect(await contents()).toEqual(['Who are you?', 'I am Ask.', 'Go on', 'Nothing else.']);
    expect(await contents(`?job_id=${body.job_id}`)).toEqual([
      expect.stringContaining('What did I ask?'),
      'You asked who I am.',
    ]);
  });

  it('goes on beside the conversation, and neither disturbs the other', async () => {
    app.model.always({ text: 'word '.repeat(60), pace: { chunk: 5, tokensPerSecond: 60 } });
    const { body } = await ask();
    await speaks();
    const { body: busy } = await app.client.get(`/v1/sessions/${sessionId}`);
    expect([busy.phase, busy.active_run]).toEqual(['idle', null]);
    const said = await app.client.ask(sessionId, 'And now?', { agent: 'ask' });
    expect(said.at(-1)!.data).toMatchObject({ status: 'completed' });
    await becomes(body.job_id, 'done');
    const { body: session } = await app.client.get(`/v1/sessions/${sessionId}`);
    const events = await app.client.readUntil(sessionId, ({ id }) => id === session.last_event_id);
    expect([...deltasOf(events).values()]).toEqual(['word '.repeat(60), 'word '.repeat(60)]);
    expect(await rows(`select writers from event_streams where session_id = $1`)).toEqual([{ writers: {} }]);
  });

  it('does not wait for messages that are queued', async () => {
    app.model.script(reads(), { text: 'A lock that ends by itself.' });
    await app.client.ask(sessionId, 'Look', { agent: 'ask' });
    expect((await app.client.say(sessionId, 'Later', { on_busy: 'queue' })).status).toBe(202);
    const { body } = await ask();
    await becomes(body.job_id, 'done');
    expect(
      await rows(`select status from runs where session_id = $1 and job_id is null order by id`),
    ).toEqual([{ status: 'waiting' }, { status: 'queued' }]);
  });

  it.each([
    ['ask', 'read_file', { path: 'a.txt' }],
    ['architect', 'create_plan', { title: 'T', description: 'D', subtasks: [] }],
    ['debug', 'execute_command', { command: 'ls' }],
    ['coder', 'ask_followup_question', { question: 'Which?' }],
  ])('has no IDE: when %s calls %s, it is told so and goes on', async (agent, name, args) => {
    app.model.script({ calls: [{ name, args }] }, { text: 'Without it, then.' });
    const { body } = await request(agent, { query: 'Look into it' });
    const job = await becomes(body.job_id, 'done');
    expect(job.result.text).toBe('Without it, then.');
    const answer = app.model.requests[1]!.messages.at(-1)!;
    expect(answer).toMatchObject({ role: 'tool', content: `Error: ${name} is not available in background` });
    const events = await history();
    expect(typesOf(events)).not.toContain('tool_call.requested');
    expect(await rows('select status from tool_calls where session_id = $1')).toEqual([{ status: 'failed' }]);
  });

  it('may end by attempt_completion', async () => {
    app.model.script({ calls: [{ name: 'attempt_completion', args: { result: 'All done.' } }] });
    const { body } = await request('coder', { query: 'Do it' });
    expect((await becomes(body.job_id, 'done')).result.text).toBe('All done.');
  });

  it.each([
    ['an unknown agent', 'nobody/1.0.0', {}, 404, 'agent.not_found', /ask, coder/],
    ['an unknown version', 'ask/9.9.9', {}, 404, 'agent.version_not_found', /the newest is 1/],
    ['an unknown session', 'ask/1.0.0', { session_id: UNKNOWN }, 404, 'session.not_found', /session/],
    ['no query', 'ask/1.0.0', { query: undefined }, 400, 'request.invalid', /query: is required/],
    ['an empty query', 'ask/1.0.0', { query: '' }, 400, 'request.invalid', /query/],
    ['too long a query', 'ask/1.0.0', { query: 'x'.repeat(100_001) }, 400, 'request.invalid', /query/],
    ['a session that is no id', 'ask/1.0.0', { session_id: 'x' }, 400, 'request.invalid', /session_id/],
    [
      'a memory that is neither text nor object',
      'ask/1.0.0',
      { memory: 7 },
      400,
      'request.invalid',
      /memory/,
    ],
    ['an unknown field', 'ask/1.0.0', { priority: 1 }, 400, 'request.invalid', /priority/],
  ])('is refused for %s', async (_what, path, body, status, code, detail) => {
    const answer = await app.client.post(`/v1/jobs/agents/${path}`, {
      session_id: sessionId,
      query: 'Why?',
      ...body,
    });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(answer.body.detail).toMatch(detail);
    expect(await rows('select 1 from jobs where session_id = $1')).toEqual([]);
  });

  it('is refused in an archived session, and fails where the session is archived or gone when its turn comes', async () => {
    await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: true });
    expect((await ask()).body.code).toBe('session.archived');
    for (const [method, body, code] of [
      ['PATCH', { archived: true }, 'session.archived'],
      ['DELETE', undefined, 'session.not_found'],
    ] as const) {
      const other = await TestApp.start({ JOB_QUOTA_PER_USER: '0' }, { model: app.model });
      const id = await other.client.openSession();
      const asked = await other.client.post('/v1/jobs/agents/ask/1.0.0', { session_id: id, query: 'Why?' });
      await other.client.call(method, `/v1/sessions/${id}`, body);
      await deliver(asked.body.job_id, other);
      expect(await other.database.rows('select status, error_code, attempt from jobs')).toEqual([
        { status: 'failed', error_code: code, attempt: 1 },
      ]);
      await other.stop();
    }
  });

  it('is one per agent and session while it is active, also when 50 ask at once', async () => {
    app.model.always(SLOW);
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(49);
    const { body } = answers[0]!;
    expect((await request('debug', { query: 'Why?' })).status).toBe(202);
    await cancel(body.job_id);
    await becomes(body.job_id, 'cancelled');
    const again = await ask();
    expect(again.status).toBe(202);
    expect(again.body.job_id).not.toBe(body.job_id);
    for (const job of (await app.client.get(`/v1/jobs?session_id=${sessionId}`)).body.data)
      await cancel(job.job_id);
  });

  it('is known by its session in whatever letters that is written', async () => {
    app.model.always(SLOW);
    const written = sessionId.toUpperCase();
    const answers = [await ask(), await request('ask', { session_id: written, query: 'Why?' })];
    expect(answers.map(({ status }) => status)).toEqual([202, 200]);
    expect(answers[1]!.body).toMatchObject({ job_id: answers[0]!.body.job_id, session_id: sessionId });
    for await (const event of app.client.events(`/v1/sessions/${written}/events?after=0`)) {
      if (event.type === 'message.delta') break;
    }
    await cancel(answers[0]!.body.job_id);
  });

  it('ends with its session, which is no defect', async () => {
    const [answer, letGo] = held({ text: 'Too late.' });
    app.model.script(answer);
    const { body } = await ask();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    expect((await app.client.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(204);
    letGo();
    await eventually(async () =>
      expect(await rows('select status, error_code from jobs where session_id = $1')).toEqual([
        { status: 'failed', error_code: 'session.not_found' },
      ]),
    );
    expect(await rows(`select status, error->>'code' as code from runs where session_id = $1`)).toEqual([
      { status: 'failed', code: 'session.not_found' },
    ]);
    expect((await app.client.get(`/v1/jobs/${body.job_id}`)).body.code).toBe('job.not_found');
  });

  it('that is delivered several times is carried out once', async () => {
    app.model.script({ text: 'Once.' });
    const { body } = await ask();
    await Promise.all(Array.from({ length: 10 }, () => deliver(body.job_id)));
    await becomes(body.job_id, 'done');
    await deliver(body.job_id);
    expect(await rows('select 1 from runs where session_id = $1')).toHaveLength(1);
    expect(app.model.requests).toHaveLength(1);
  });

  it('that fails by what may pass is tried again after 2, 4 and 8 minutes, then it has failed', async () => {
    app.model.always({ status: 503 });
    const { body } = await ask();
    for (const [attempt, minutes] of [
      [2, 2],
      [3, 4],
      [4, 8],
    ] as const) {
      const job = await eventually(async () => {
        const now = await view(body.job_id);
        expect([now.status, now.attempt]).toEqual(['queued', attempt]);
        return now;
      });
      expect(job.error.code).toBe('model.server_error');
      const [tried] = await rows(
        'select finished_at from runs where session_id = $1 order by id desc limit 1',
      );
      const waitMs = Date.parse(job.available_at) - (tried!['finished_at'] as Date).getTime();
      expect(waitMs / 60_000).toBeCloseTo(minutes, 1);
      await advance(minutes * 60 - 60);
      await app.nest.get(DeliverJobs).execute();
      expect((await view(body.job_id)).status).toBe('queued');
      await advance(61);
    }
    const job = await becomes(body.job_id, 'failed');
    expect(job).toMatchObject({ attempt: 4, error: { code: 'model.server_error' }, result: null });
    expect(await rows('select status from runs where session_id = $1')).toEqual(
      Array.from({ length: 4 }, () => ({ status: 'failed' })),
    );
    expect(app.model.requests).toHaveLength(4);
  });

  it('whose provider asks for hours is tried again after them', async () => {
    app.model.always({ status: 429, retryAfter: 7200 });
    const askedAt = Date.now();
    const { body } = await ask();
    const job = await eventually(async () => {
      const now = await view(body.job_id);
      expect([now.status, now.attempt]).toEqual(['queued', 2]);
      return now;
    });
    expect(job.error.code).toBe('model.rate_limited');
    expect(Date.parse(job.available_at) - askedAt).toBeGreaterThanOrEqual(7_200_000);
    await cancel(body.job_id);
  });

  it('that has failed once and then succeeds is done', async () => {
    app.model.script({ status: 503 }, { text: 'Now.' });
    const { body } = await ask();
    await eventually(async () => expect((await view(body.job_id)).attempt).toBe(2));
    await advance(121);
    expect(await becomes(body.job_id, 'done')).toMatchObject({
      attempt: 2,
      error: null,
      result: { text: 'Now.' },
    });
  });

  it.each([
    ['the credentials are refused', { status: 401 }, 'model.unauthorized'],
    ['the request is refused', { status: 400 }, 'model.request_refused'],
  ])('is not tried again when %s', async (_what, reply, code) => {
    app.model.always(reply);
    const { body } = await ask();
    expect(await becomes(body.job_id, 'failed')).toMatchObject({ attempt: 1, error: { code } });
  });

  it('that is cancelled while it speaks keeps what was said', async () => {
    app.model.script(SLOW);
    const { body } = await ask();
    await speaks();
    expect((await cancel(body.job_id)).status).toBe(202);
    const job = await becomes(body.job_id, 'cancelled');
    expect(job).toMatchObject({ error: null, result: null });
    expect(await rows(`select status from runs where session_id = $1`)).toEqual([{ status: 'cancelled' }]);
    const [said] = await rows(
      `select content, finish_reason from messages where session_id = $1 and role = 'assistant'`,
    );
    expect(said).toMatchObject({
      content: expect.stringMatching(/^word /) as string,
      finish_reason: 'cancelled',
    });
    const again = await cancel(body.job_id);
    expect([again.status, again.body.status]).toEqual([200, 'cancelled']);
    expect((await cancel(UNKNOWN)).body.code).toBe('job.not_found');
  });

  it('ends with its run, when that is cancelled', async () => {
    app.model.script(SLOW);
    const { body } = await ask();
    await speaks();
    await app.client.post(`/v1/runs/${(await view(body.job_id)).run_id}/cancel`);
    await becomes(body.job_id, 'cancelled');
  });

  it('whose lease is lost is left to others: what its old owner does counts for nothing', async () => {
    app.model.script(SLOW, { text: 'By the other.' });
    const { body } = await ask();
    await speaks();
    const other = await TestApp.start(
      { RUN_LEASE_SECONDS: '60' },
      { database: app.database, model: app.model },
    );
    await rows(
      `update jobs set lease_token = gen_random_uuid(), lease_owner = 'gone', lease_expires_at = now() - interval '1s'
        where session_id = $1`,
    );
    await eventually(async () => {
      await deliver(body.job_id, other);
      expect((await view(body.job_id)).status).toBe('done');
    });
    expect((await view(body.job_id)).result).toMatchObject({ text: 'By the other.', unknown_calls: 1 });
    const events = await history();
    expect(typesOf(events)).toContain('message.discarded');
    expect(events.filter(isFinished)).toHaveLength(1);
    expect(await rows(`select attempt from runs where session_id = $1`)).toEqual([{ attempt: 2 }]);
    expect(await rows(`select attempt, recoveries from jobs where session_id = $1`)).toEqual([
      { attempt: 1, recoveries: 1 },
    ]);
    await other.stop();
  });

  it('that has cost four processes has failed, and leaves no run behind', async () => {
    app.model.always(SLOW);
    const { body } = await ask();
    await speaks();
    await rows(
      `update jobs set recoveries = 3, lease_token = gen_random_uuid(), lease_expires_at = now() - interval '1s'
        where session_id = $1`,
    );
    expect((await becomes(body.job_id, 'failed')).error.code).toBe('job.recovery_exhausted');
    await eventually(async () =>
      expect(await rows(`select status from runs where session_id = $1`)).toEqual([{ status: 'failed' }]),
    );
  });

  it('can be found among the others', async () => {
    app.model.always({ text: 'Yes.' });
    const [one, two] = [await ask(), await request('debug', { query: 'Why?' })];
    await Promise.all([one, two].map(({ body }) => becomes(body.job_id, 'done')));
    const found = async (query: string) => {
      const { body } = await app.client.get(`/v1/jobs?session_id=${sessionId}&${query}`);
      return body.data.map((job: { job_id: string }) => job.job_id);
    };
    const [first, second] = [one.body.job_id, two.body.job_id];
    expect(await found('')).toEqual([second, first]);
    expect(await found('type=agent:ask')).toEqual([first]);
    expect(await found('status=failed')).toEqual([]);
    expect(await found('limit=1')).toEqual([second]);
    expect((await app.client.get('/v1/jobs?status=lost')).body.errors).toMatchObject([{ field: 'status' }]);
    expect((await app.client.get('/v1/jobs?type=%00')).body.errors).toMatchObject([{ field: 'type' }]);
    for (const id of [UNKNOWN, 'x'])
      expect((await app.client.get(`/v1/jobs/${id}`)).body.code).toBe('job.not_found');
  });

  it('is counted', async () => {
    const jobs = await app.growth('jobs_total');
    const durations = await app.growth('job_duration_seconds_count');
    app.model.always({ text: 'Yes.' });
    await becomes((await ask()).body.job_id, 'done');
    expect(await jobs()).toMatchObject({ 'jobs_total{type="agent:ask",status="done"}': 1 });
    expect(await durations()).toEqual({ 'job_duration_seconds_count{type="agent:ask",status="done"}': 1 });
    expect(await app.metric('job_queue_depth')).toEqual(['job_queue_depth 0']);
  });
});

describe('a job that takes too long', () => {
  beforeAll(async () => {
    app = await start({ AGENT_JOB_TTL: '1', AGENT_JOB_RETRIES: '1' });
    sessionId = await app.client.openSession();
  });
  afterAll(() => app.stop());

  it('is ended, and has failed when the next attempt takes too long as well', async () => {
    app.model.always(SLOW);
    const { body } = await ask();
    const job = await eventually(async () => {
      const now = await view(body.job_id);
      expect([now.status, now.attempt]).toEqual(['queued', 2]);
      return now;
    });
    expect(job.error.code).toBe('job.timed_out');
    await advance(121);
    expect((await becomes(body.job_id, 'failed')).error.code).toBe('job.timed_out');
    expect(await rows(`select status, error->>'code' as code from runs where session_id = $1`)).toEqual(
      Array.from({ length: 2 }, () => ({ status: 'failed', code: 'job.timed_out' })),
    );
    const said = await rows(`select content from messages where session_id = $1 and role = 'assistant'`);
    expect(said).toHaveLength(2);
    expect(await rows(`select status from llm_calls where session_id = $1`)).toEqual(
      Array.from({ length: 2 }, () => ({ status: 'aborted' })),
    );
  });
});

describe('the quotas of jobs', () => {
  it.each([
    ['JOB_QUOTA_PER_USER', { JOB_QUOTA_PER_USER: '5' }],
    ['JOB_QUOTA_PER_TYPE', { JOB_QUOTA_PER_USER: '0', JOB_QUOTA_PER_TYPE: '5' }],
  ])('by %s are kept also when 30 ask at once, and nothing is left of what is refused', async (name, env) => {
    const narrow = await TestApp.start(env);
    const sessions = await Promise.all(Array.from({ length: 30 }, () => narrow.client.openSession()));
    const answers = await Promise.all(
      sessions.map((id) =>
        narrow.client.post('/v1/jobs/agents/ask/1.0.0', { session_id: id, query: 'Why?' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(25);
    expect(refused[0]!.body).toMatchObject({ code: 'job.quota_exceeded', limit: { name, value: 5 } });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    await eventually(async () => {
      const [counts] = await narrow.database.rows(
        `select (select count(*) from jobs)::int as jobs, (select count(*) from graphile_worker.jobs)::int as messages`,
      );
      expect(counts).toEqual({ jobs: 5, messages: 5 });
    });
    // What is active already counts once.
    const active = answers.find(({ status }) => status === 202)!.body;
    const repeat = await narrow.client.post('/v1/jobs/agents/ask/1.0.0', {
      session_id: active.session_id,
      query: '?',
    });
    expect([repeat.status, repeat.body.job_id]).toEqual([200, active.job_id]);
    await narrow.client.post(`/v1/jobs/${active.job_id}/cancel`);
    const free = sessions.find((_id, index) => answers[index]!.status === 429)!;
    const next = await narrow.client.post('/v1/jobs/agents/ask/1.0.0', { session_id: free, query: 'Why?' });
    expect(next.status).toBe(202);
    await narrow.stop();
  });
});
