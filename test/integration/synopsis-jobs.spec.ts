import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { held } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';
import {
  LATER,
  SYNOPSIS,
  app,
  asked,
  client,
  ended,
  form,
  formNow,
  isEnd,
  jobOf,
  path,
  says,
  sessionId,
  shared,
  slowly,
  tell,
  turnTo,
  versions,
  view,
  worker,
} from './support/synopses.js';

describe('a synopsis formed in the background', () => {
  it('is told of by the job, by the synopsis and by the events', async () => {
    await tell('Create a.ts', 'Create b.ts');
    const letGo = slowly(SYNOPSIS);
    expect(await view()).toMatchObject({ status: 'none', job_id: null, version: null, items: null });

    const { status, body: job } = await form();
    expect(status).toBe(202);
    expect(job).toMatchObject({ type: 'agent:synopsis_manager', session_id: sessionId });
    expect(await view()).toMatchObject({ status: 'forming', job_id: job.job_id, version: null });

    letGo();
    // Each of them learns of the end without the other.
    const [polled, shown, events] = await Promise.all([
      ended(job.job_id),
      eventually(async () => {
        const synopsis = await view();
        expect(synopsis.status).toBe('ready');
        return synopsis;
      }),
      client.readUntil(sessionId, isEnd),
    ]);
    const result = { version: 1, title: 'Two files', covers_up_to: 2 };
    expect(polled).toMatchObject({ status: 'done', run_id: null, result });
    expect(polled.result).toMatchObject({ usage: { model_calls: 1 }, unknown_calls: 0 });
    const [last] = await app.database.rows<{ id: string }>(
      'select id from messages where session_id = $1 and position = 2',
      [sessionId],
    );
    expect(shown).toEqual({
      session_id: sessionId,
      status: 'ready',
      job_id: null,
      version: 1,
      kind: 'generated',
      ...SYNOPSIS,
      covers_up_to: 2,
      covers_up_to_message_id: last!.id,
      generated_by: job.job_id,
      edited_by: null,
      created_at: expect.any(String),
    });
    const told = { job_id: job.job_id, job_type: 'agent:synopsis_manager', attempt: 1 };
    expect(events.map(({ type, run_id, data }) => ({ type, run_id, data }))).toEqual([
      { type: 'job.status_changed', run_id: null, data: { ...told, status: 'queued' } },
      { type: 'job.status_changed', run_id: null, data: { ...told, status: 'running' } },
      { type: 'synopsis.updated', run_id: null, data: { version: 1 } },
      {
        type: 'job.status_changed',
        run_id: null,
        data: { ...told, status: 'done', duration_ms: expect.any(Number) },
      },
    ]);
  });

  it('is asked for with the messages, the schema and the wish, and entered into the ledger', async () => {
    app.model.script({ text: 'A lease is a lock that ends by itself.' }, says(SYNOPSIS));
    await client.ask(sessionId, 'What is a lease?');
    const { status, body: job } = await client.post('/v1/jobs/agents/synopsis_manager/1.0.0', {
      session_id: sessionId,
      query: 'Be brief.',
      memory: { team: 'shop' },
    });
    expect(status).toBe(202);
    expect(await ended(job.job_id)).toMatchObject({ status: 'done' });
    const [, request] = app.model.requests;
    expect(request!.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { name: 'synopsis', strict: true },
    });
    expect(request!.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    const [, text] = asked();
    for (const part of [
      'Be brief.',
      '"team": "shop"',
      '=== #1 user\nWhat is a lease?',
      '=== #2 assistant (ask)\nA lease is a lock that ends by itself.',
    ])
      expect(text).toContain(part);
    const ledger = await app.database.rows(
      `select run_id, job_id, agent, purpose, status, prompt_tokens > 0 as counted from llm_calls
        where session_id = $1 and job_id is not null`,
      [sessionId],
    );
    const call = { agent: 'synopsis_manager', purpose: 'synopsis', status: 'completed', counted: true };
    expect(ledger).toEqual([{ run_id: null, job_id: job.job_id, ...call }]);
  });

  it('is not asked for with more wishes than a model can be given beside the messages', async () => {
    const wish = { session_id: sessionId, query: 'x'.repeat(10_000), memory: 'x'.repeat(10_000) };
    const { status, body } = await client.post('/v1/jobs/agents/synopsis_manager/1.0.0', wish);
    expect([status, body.errors[0].field]).toEqual([400, 'query']);
  });

  it('is one job, however often it is asked for at once', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS);
    const answers = await Promise.all(Array.from({ length: 20 }, form));
    letGo();
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 19 }, () => 200),
      202,
    ]);
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(1);
    await ended(answers[0]!.body.job_id);
    expect(app.model.requests).toHaveLength(1);
    expect(await versions()).toHaveLength(1);
  });

  it('cancelled in the middle, ends the model call and writes nothing', async () => {
    await tell('Hello');
    slowly(SYNOPSIS);
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    await client.post(`/v1/jobs/${job.job_id}/cancel`);
    expect(await ended(job.job_id)).toMatchObject({ status: 'cancelled' });
    expect(await view()).toMatchObject({ status: 'none' });
    expect(await app.database.rows('select status from llm_calls where job_id = $1', [job.job_id])).toEqual([
      { status: 'aborted' },
    ]);
  });
});

describe('a synopsis one waits for', () => {
  it('is the same as one formed in the background', async () => {
    await tell('Create a.ts', 'Create b.ts');
    app.model.script(says(SYNOPSIS), says(SYNOPSIS));
    const { status, body: waited } = await formNow();
    expect([status, waited.status]).toEqual([200, 'ready']);
    const [waitedRequest] = asked();

    turnTo(await client.openSession({ agent: 'ask' }));
    await tell('Create a.ts', 'Create b.ts');
    const { body: job } = await form();
    await ended(job.job_id);
    const { session_id, covers_up_to_message_id, generated_by, created_at, ...artifact } = await view();
    expect(waited).toEqual({
      ...artifact,
      ...{ session_id: expect.any(String), covers_up_to_message_id: expect.any(String) },
      ...{ generated_by: expect.any(String), created_at: expect.any(String) },
    });
    expect([session_id, generated_by]).toEqual([sessionId, job.job_id]);
    expect([covers_up_to_message_id, created_at]).not.toContain(null);
    expect(asked()[1]).toBe(waitedRequest);
    expect((await jobOf(waited.generated_by)).result).toEqual((await jobOf(job.job_id)).result);
  });

  it('comes also where no process takes jobs from the queue', async () => {
    const alone = await TestApp.start({});
    try {
      alone.model.script({ text: 'Hi.' }, says(SYNOPSIS));
      const other = await alone.client.openSession({ agent: 'ask' });
      await alone.client.ask(other, 'Hello');
      const { status, body } = await alone.client.post(`/v1/sessions/${other}/synopsis?mode=sync`);
      expect([status, body.title]).toEqual([200, 'Two files']);
    } finally {
      await alone.stop();
    }
  });

  it('comes to everybody who waits, from whichever process carries it out', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS);
    await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    const entered = await app.growth('sse_transaction_commits_total{operation="enqueue_job"');
    const waiting = Array.from({ length: 10 }, formNow);
    await eventually(async () => expect(Object.values(await entered())).toEqual([10]));
    letGo();
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status, body }) => [status, body.version])).toEqual(
      Array.from({ length: 10 }, () => [200, 1]),
    );
    expect(app.model.requests).toHaveLength(1);
  });

  it('is formed also when the client leaves', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS);
    const leaving = new AbortController();
    const left = fetch(`${client.url}${path('?mode=sync')}`, { method: 'POST', signal: leaving.signal });
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    leaving.abort();
    await expect(left).rejects.toThrow('abort');
    letGo();
    await eventually(async () => expect(await view()).toMatchObject({ status: 'ready', version: 1 }));
  });

  it('with the same Idempotency-Key is formed once', async () => {
    await tell('Hello');
    app.model.script(says(SYNOPSIS));
    const keyed = client.with({ 'idempotency-key': `synopsis-${sessionId}` });
    const first = await keyed.post(path('?mode=sync'));
    await tell('More');
    const second = await keyed.post(path('?mode=sync'));
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
    expect(app.model.requests).toHaveLength(1);
  });

  it('whose attempt fails is told so, and the next attempts go on in the background', async () => {
    await tell('Hello');
    app.model.script({ status: 500 }, { status: 500 }, says(SYNOPSIS));
    const { status, headers, body } = await formNow();
    expect([status, body.code]).toEqual([503, 'model.server_error']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(590);
    const job = await jobOf(body.job.id);
    expect(job).toMatchObject({ status: 'queued', attempt: 2, error: { code: 'model.server_error' } });
    expect(await view()).toMatchObject({ status: 'forming', job_id: job.job_id });
    // While it waits for its next attempt there is nothing to wait for.
    const again = await formNow();
    expect([again.status, again.body.code]).toEqual([503, 'model.server_error']);
    expect(app.model.requests).toHaveLength(2);

    await app.database.rows(`update jobs set available_at = now() where id = $1`, [job.job_id]);
    expect((await formNow()).body).toMatchObject({ version: 1, status: 'ready' });
    expect(await jobOf(job.job_id)).toMatchObject({ attempt: 2, result: { usage: { model_calls: 3 } } });
  });

  it('whose provider asks for hours is formed after them', async () => {
    await tell('Hello');
    app.model.script({ status: 429, retryAfter: 7200 });
    const { headers, body } = await formNow();
    expect(body.code).toBe('model.rate_limited');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(7_190);
  });

  it('that cannot be is a conflict: nothing was said', async () => {
    const { status, body } = await formNow();
    expect([status, body.code]).toEqual([409, 'synopsis.nothing_to_cover']);
    expect(await jobOf(body.job.id)).toMatchObject({ status: 'failed', attempt: 1 });
    expect(app.model.requests).toHaveLength(0);
    expect(await view()).toMatchObject({ status: 'none' });
  });

  it('whose job is cancelled is told so', async () => {
    await tell('Hello');
    slowly(SYNOPSIS);
    const waiting = formNow();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    await client.post(`/v1/jobs/${(await view()).job_id}/cancel`);
    const { status, body } = await waiting;
    expect([status, body.code]).toEqual([409, 'job.cancelled']);
  });

  it('is counted like any other job', async () => {
    const limited = await TestApp.start({ JOB_QUOTA_PER_USER: '1' }, shared);
    try {
      await tell('Hello');
      const letGo = slowly(SYNOPSIS);
      const { body: job } = await form();
      const other = await client.openSession();
      const { status, body } = await limited.client.post(`/v1/sessions/${other}/synopsis?mode=sync`);
      expect([status, body.code]).toEqual([429, 'job.quota_exceeded']);
      letGo();
      await ended(job.job_id);
    } finally {
      await limited.stop();
    }
  });
});

describe('a process that has lost its job', () => {
  const calls = (jobId: string) =>
    app.database.rows('select status from llm_calls where job_id = $1 order by id', [jobId]);
  const refused = async () => {
    const metric = 'sse_transaction_commits_total{operation="write_synopsis",status="error"}';
    const [line] = await worker.metric(metric);
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  let before: number;
  let jobId: string;
  let letGo: () => void;

  /** The worker is in the middle of the model's answer. */
  beforeEach(async () => {
    before = await refused();
    await tell('Hello');
    letGo = slowly(SYNOPSIS, says(LATER));
    jobId = (await form()).body.job_id;
    await eventually(() => expect(app.model.requests).toHaveLength(1));
  });
  const hasTried = async () => {
    letGo();
    await eventually(async () => expect(await refused()).toBe(before + 1));
  };

  it('does not write, even before another process has written', async () => {
    await app.database.rows(`update jobs set lease_token = gen_random_uuid() where id = $1`, [jobId]);
    await hasTried();
    expect(await versions()).toEqual([]);
    // Nor does it tell of the job, which is another one's.
    expect(await jobOf(jobId)).toMatchObject({ status: 'running', attempt: 1, error: null });
    await app.database.rows(
      `update jobs set status = 'queued', lease_token = null, lease_owner = null, lease_expires_at = null where id = $1`,
      [jobId],
    );
    expect((await formNow()).body).toMatchObject({ version: 1, ...LATER });
  });

  it('changes nothing of the work of the process that went on', async () => {
    // As if it had stood still for longer than its lease: another one takes the job, and is through first.
    await app.database.rows(
      `update jobs set status = 'queued', lease_token = null, lease_owner = null, lease_expires_at = null where id = $1`,
      [jobId],
    );
    const { body: formed } = await formNow();
    expect(formed).toMatchObject({ version: 1, ...LATER });
    expect(await calls(jobId)).toEqual([{ status: 'aborted' }, { status: 'completed' }]);
    await hasTried();
    expect(await view()).toEqual(formed);
    expect(await calls(jobId)).toEqual([{ status: 'aborted' }, { status: 'completed' }]);
    expect(await versions()).toHaveLength(1);
    expect(await jobOf(jobId)).toMatchObject({
      status: 'done',
      result: { title: 'Three files', usage: { model_calls: 2 }, unknown_calls: 1 },
    });
  });
});

describe('a process that is about to stop', () => {
  it('tells a client that waits for the work of another process that it cannot wait any longer', async () => {
    const stopping = await TestApp.start({}, shared);
    await tell('Hello');
    const letGo = slowly(SYNOPSIS);
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    const entered = await stopping.growth('sse_transaction_commits_total{operation="enqueue_job"');
    const waiting = stopping.client.post(path('?mode=sync'));
    await eventually(async () => expect(await entered()).not.toEqual({}));
    await stopping.stop();
    const { status, body } = await waiting;
    expect([status, body.code]).toEqual([503, 'server.draining']);
    letGo();
    expect(await ended(job.job_id)).toMatchObject({ status: 'done' });
  });

  it('hands over a job that a client waits for', async () => {
    const staying = await TestApp.start();
    try {
      const stopping = await TestApp.start({}, staying);
      const other = await stopping.client.openSession({ agent: 'ask' });
      const wait = ({ client: from }: TestApp) => from.post(`/v1/sessions/${other}/synopsis?mode=sync`);
      staying.model.script({ text: 'Hi.' }, held(says(SYNOPSIS))[0], says(LATER));
      await stopping.client.ask(other, 'Hello');
      const waiting = wait(stopping);
      await eventually(() => expect(staying.model.requests).toHaveLength(2));
      await stopping.stop();
      const { status, body } = await waiting;
      expect([status, body.code]).toEqual([503, 'server.draining']);
      expect((await wait(staying)).body).toMatchObject({ version: 1, ...LATER });
      const jobs = await staying.database.rows('select status, attempt from jobs');
      expect(jobs).toEqual([{ status: 'done', attempt: 1 }]);
    } finally {
      await staying.stop();
    }
  });
});
