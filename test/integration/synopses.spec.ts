import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, TestClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Reply, held } from '../support/scripted-model.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';

const SYNOPSIS = {
  title: 'Two files',
  items: [
    { kind: 'heading', text: 'Done' },
    { kind: 'decision', text: 'Use leases', reason: 'Locks stay behind' },
    { kind: 'list', entries: ['a.ts', 'b.ts'] },
  ],
};
const LATER = { title: 'Three files', items: [{ kind: 'open_question', text: 'And c.ts?' }] };
const BY_HAND = { title: 'By hand', items: [{ kind: 'code', text: 'x = 1', language: 'py' }] };

const says = (answer: object | string, pace = {}): Reply => ({
  text: typeof answer === 'string' ? answer : JSON.stringify(answer),
  pace,
});
/** The model is asked, and says so when the test lets it. */
const slowly = (answer: object, ...next: Reply[]) => {
  const [reply, letGo] = held(says(answer));
  app.model.script(reply, ...next);
  return letGo;
};

let app: TestApp;
/** What further applications share with it. */
let shared: NonNullable<Parameters<typeof TestApp.start>[1]>;
/** It carries out what the queue delivers; `app` does only what it is asked to wait for. */
let worker: TestApp;
let client: TestClient;
let sessionId: string;

beforeAll(async () => {
  const retries = { LLM_MAX_RETRIES: '1', AGENT_JOB_RETRIES: '2', AGENT_JOB_RETRY_DELAY: '600' };
  // No renewal of a lease comes in between.
  const env = { ...retries, RUN_LEASE_SECONDS: '600' };
  app = await TestApp.start(env, { circuit: NEVER_OPENS });
  ({ client } = app);
  shared = { database: app.database, model: app.model, circuit: NEVER_OPENS };
  worker = await TestApp.start(env, { ...shared, worker: true });
});
afterAll(async () => {
  await worker.stop();
  await app.stop();
});
beforeEach(async () => {
  app.model.reset();
  sessionId = await client.openSession({ agent: 'ask' });
});
/** What is still queued would be in the way of the next test. */
afterEach(async () => {
  for (const { job_id } of (await client.get('/v1/jobs?status=queued')).body.data) {
    await client.post(`/v1/jobs/${job_id}/cancel`);
  }
});

const path = (rest = '') => `/v1/sessions/${sessionId}/synopsis${rest}`;
const form = () => client.post(path());
const formNow = () => client.post(path('?mode=sync'));
const view = async () => (await client.get(path())).body;
const versions = async () => (await client.get(path('/versions'))).body.data;
const jobOf = async (jobId: string) => (await client.get(`/v1/jobs/${jobId}`)).body;
const put = (body: object) => client.call('PUT', path(), body);

/** Messages as if they had been said. */
async function tell(...contents: string[]): Promise<void> {
  for (const content of contents) {
    await app.database.rows(
      `with place as (update sessions set message_count = message_count + 1 where id = $2 returning message_count)
       insert into messages (id, session_id, position, role, content, created_at)
       select $1, $2, message_count, 'user', $3, now() from place`,
      [randomUUID(), sessionId, content],
    );
  }
}

/** What the model was asked, in order. */
const asked = () => app.model.requests.map((request) => request.messages.at(-1)!.content as string);

const isEnd = ({ type, data }: SentEvent) =>
  type === 'job.status_changed' && ['done', 'failed', 'cancelled'].includes(data.status);

async function ended(jobId: string) {
  return eventually(async () => {
    const job = await jobOf(jobId);
    expect(['done', 'failed', 'cancelled']).toContain(job.status);
    return job;
  });
}

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

    sessionId = await client.openSession({ agent: 'ask' });
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

describe('a synopsis brought up to date', () => {
  it('is not asked of the model when nothing was said since', async () => {
    await tell('Hello');
    app.model.script(says(SYNOPSIS));
    const first = await formNow();
    const { body: job } = await form();
    expect(await ended(job.job_id)).toMatchObject({
      status: 'done',
      result: { version: 1, covers_up_to: 1, usage: { model_calls: 0, total_tokens: 0 } },
    });
    expect(await view()).toEqual(first.body);
    expect(app.model.requests).toHaveLength(1);
  });

  it('goes by the version there is and by what is new, and nothing else', async () => {
    await tell('the first words');
    app.model.script(says(SYNOPSIS), says(LATER));
    await formNow();
    await tell('the second words');
    expect((await formNow()).body).toMatchObject({ version: 2, ...LATER, covers_up_to: 2 });
    const [, second] = asked();
    expect(second).toContain(JSON.stringify(SYNOPSIS));
    expect(second).toContain('=== #2 user\nthe second words');
    expect(second).not.toContain('the first words');
  });

  it('is made anew on the version of a human who was faster', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS, says(LATER));
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    const { status, body: edited } = await put(BY_HAND);
    expect([status, edited.status, edited.version, edited.title]).toEqual([200, 'forming', 1, 'By hand']);
    letGo();
    expect(await ended(job.job_id)).toMatchObject({
      result: { version: 2, title: 'Three files', usage: { model_calls: 2 } },
    });
    expect(asked()[0]).not.toContain('By hand');
    expect(asked()[1]).toContain(JSON.stringify(BY_HAND));
    expect(
      (await versions()).map(({ kind, title }: { kind: string; title: string }) => [kind, title]),
    ).toEqual([
      ['generated', 'Three files'],
      ['edited', 'By hand'],
    ]);
  });

  it('gives up, for a while, where another writer is always faster', async () => {
    await tell('Hello');
    const replies = Array.from({ length: 5 }, () => held(says(SYNOPSIS)));
    app.model.script(...replies.map(([reply]) => reply));
    const waiting = formNow();
    for (let edits = 1; edits <= 5; edits++) {
      await eventually(() => expect(app.model.requests).toHaveLength(edits));
      await put({ ...BY_HAND, title: `Edit ${edits}` });
      replies[edits - 1]![1]();
    }
    const { status, body } = await waiting;
    expect([status, body.code]).toEqual([503, 'synopsis.changed_meanwhile']);
    expect(await versions()).toHaveLength(5);
  });
});

describe('what the model answers', () => {
  const WRONG = { title: '', items: [{ kind: 'poem', text: 'Roses' }] };

  it.each([
    ['an answer that does not keep to the format', says(WRONG), 'title'],
    ['an answer that is no JSON', says('Here you are!'), 'answer: must be JSON'],
  ])('is asked for once more after %s, with what is wrong', async (_what, reply, fault) => {
    await tell('Hello');
    app.model.script(reply, says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ version: 1, ...SYNOPSIS });
    const [first, second] = asked();
    expect(second!.startsWith(first!)).toBe(true);
    expect(second!.slice(first!.length)).toContain(fault);
  });

  it('twice not in the format fails the job for good', async () => {
    await tell('Hello');
    app.model.script(says(WRONG), says('Sorry.'));
    const { status, body } = await formNow();
    expect([status, body.code]).toEqual([503, 'synopsis.invalid_answer']);
    expect(await jobOf(body.job.id)).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: {
        code: 'synopsis.invalid_answer',
        message: expect.stringContaining('answer: must be JSON') as string,
      },
    });
    expect(app.model.requests).toHaveLength(2);
    expect(await view()).toMatchObject({ status: 'none', version: null });
  });

  it('is waited for within the attempt when the trouble may pass', async () => {
    await tell('Hello');
    app.model.script({ status: 500 }, says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ version: 1 });
    const calls = await app.database.rows(
      'select status, error_code from llm_calls where session_id = $1 order by id',
      [sessionId],
    );
    expect(calls).toEqual([
      { status: 'failed', error_code: 'model.server_error' },
      { status: 'completed', error_code: null },
    ]);
  });

  it('is not waited for when the trouble does not pass', async () => {
    await tell('Hello');
    app.model.script({ status: 401 });
    const { status, body } = await formNow();
    expect([status, body.code]).toEqual([503, 'model.unauthorized']);
    expect(await jobOf(body.job.id)).toMatchObject({ status: 'failed', attempt: 1 });
  });
});

describe('a long session', () => {
  const LARGE = 90_000;
  const word = (n: number) => `word-${String(n).padStart(6, '0')} `;
  const WORDS = LARGE / word(0).length;

  it('is read in pieces: all of it reaches the model exactly once', async () => {
    // Ten of 90,000 characters, and one that is larger than a piece.
    const sizes = [...Array.from({ length: 10 }, () => WORDS), 4 * WORDS];
    let n = 0;
    for (const size of sizes) await tell(Array.from({ length: size }, () => word(n++)).join(''));
    app.model.always(says(SYNOPSIS));
    const { body } = await formNow();
    expect(body).toMatchObject({ version: 1, covers_up_to: 11 });

    const requests = asked();
    const parts = requests.slice(0, -1);
    expect(parts.length).toBeGreaterThan(4);
    expect(Math.max(...requests.map((request) => request.length))).toBeLessThanOrEqual(400_000);
    // What is divided between two words or within one is put together again.
    const read = parts
      .map((request) => request.slice(request.indexOf('=== #')))
      .join('\n\n')
      .replaceAll(/(?:\n\n)?=== #\d+ user(?:, continued)?\n/g, '');
    const words = read.match(/word-\d{6} /g)!;
    expect(words).toHaveLength(n);
    expect(words.every((seen, index) => seen === word(index))).toBe(true);
    // The last one is made of the notes.
    expect(requests.at(-1)!.split(JSON.stringify(SYNOPSIS))).toHaveLength(parts.length + 1);
    expect(requests.at(-1)).not.toContain('word-');
    expect((await jobOf(body.generated_by)).result.usage.model_calls).toBe(requests.length);
  });

  it('of many short messages is one request, with all of them', async () => {
    await tell(...Array.from({ length: 50 }, (_, n) => word(n)));
    app.model.script(says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ covers_up_to: 50 });
    expect(asked()[0]!.match(/word-\d{6} /g)).toEqual(Array.from({ length: 50 }, (_, n) => word(n)));
  });

  it('is not read again when a human was faster', async () => {
    for (let n = 0; n < 5; n++) await tell(word(n).repeat(WORDS));
    const [third, letGo] = held(says(SYNOPSIS));
    app.model.script(says(SYNOPSIS), says(SYNOPSIS), third, says(LATER));
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(3));
    await put(BY_HAND);
    letGo();
    expect(await ended(job.job_id)).toMatchObject({
      result: { version: 2, title: 'Three files', usage: { model_calls: 4 } },
    });
    expect(asked()[3]).toContain(JSON.stringify(BY_HAND));
  });

  it('has its notes merged where they do not fit either', async () => {
    for (let n = 0; n < 18; n++) await tell(word(n).repeat(WORDS));
    const notes = (text: string) => ({
      title: 'Notes',
      items: Array.from({ length: 4 }, () => ({ kind: 'text', text })),
    });
    app.model.script(
      ...Array.from({ length: 6 }, () => says(notes('n'.repeat(19_000)), { chunk: 10_000 })),
      ...Array.from({ length: 2 }, () => says(SYNOPSIS)),
      says(LATER),
    );
    expect((await formNow()).body).toMatchObject({ version: 1, ...LATER, covers_up_to: 18 });
    const merges = asked().slice(6, 8);
    expect(merges.map((request) => request.match(/^=== Part \d+$/gm)!.length)).toEqual([3, 3]);
    expect(asked()[8]!.match(/^=== Part \d+$/gm)).toHaveLength(2);
  });
});

describe('a synopsis edited by a human', () => {
  it('is the live version, and covers what the one before covered', async () => {
    await tell('Hello');
    app.model.script(says(SYNOPSIS));
    const { body: formed } = await formNow();
    await tell('More');
    const { status, body } = await put({ ...BY_HAND, based_on: 1 });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...formed,
      ...BY_HAND,
      ...{ version: 2, kind: 'edited', generated_by: null, edited_by: 'local' },
      created_at: expect.any(String),
    });
    expect(await view()).toEqual(body);
    const events = await client.readUntil(
      sessionId,
      ({ type, data }) => type === 'synopsis.updated' && data.version === 2,
    );
    expect(events.at(-1)).toMatchObject({ type: 'synopsis.updated', run_id: null, data: { version: 2 } });
  });

  it('is refused where another version is live than the human had before them', async () => {
    await put(BY_HAND);
    const { status, body } = await put({ ...BY_HAND, based_on: 0 });
    expect([status, body.code, body.live_version]).toEqual([409, 'synopsis.version_changed', 1]);
    expect(await versions()).toHaveLength(1);
  });

  it('by several at once, each on what they had before them, is one new version', async () => {
    await put(BY_HAND);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => put({ ...BY_HAND, title: `Edit ${n}`, based_on: 1 })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(await versions()).toHaveLength(2);
  });

  it('by several at once without based_on makes one version of each, numbered in a row', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => put({ ...BY_HAND, title: `Edit ${n}` })));
    expect((await versions()).map(({ version }: { version: number }) => version)).toEqual([
      10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
  });

  it('before anything is summed up covers nothing: all messages are still to come', async () => {
    await tell('Hello');
    expect((await put(BY_HAND)).body).toMatchObject({ version: 1, covers_up_to: 0, status: 'ready' });
    app.model.script(says(LATER));
    expect((await formNow()).body).toMatchObject({ version: 2, covers_up_to: 1 });
    expect(asked()[0]).toContain('=== #1 user\nHello');
  });

  it.each([
    ['no title', { items: BY_HAND.items }, 'title'],
    ['an empty title', { ...BY_HAND, title: '' }, 'title'],
    ['no items', { title: 'x', items: [] }, 'items'],
    ['too many items', { title: 'x', items: Array.from({ length: 201 }, () => BY_HAND.items[0]) }, 'items'],
    ['an unknown kind', { title: 'x', items: [{ kind: 'poem', text: 'x' }] }, 'items.0.kind'],
    ['a text that is missing', { title: 'x', items: [{ kind: 'text' }] }, 'items.0.text'],
    [
      'a text that is too long',
      { title: 'x', items: [{ kind: 'text', text: 'x'.repeat(20_001) }] },
      'items.0.text',
    ],
    [
      'too much of everything',
      { title: 'x', items: Array.from({ length: 6 }, () => ({ kind: 'text', text: 'x'.repeat(20_000) })) },
      'items',
    ],
    [
      'an unknown field of an item',
      { title: 'x', items: [{ kind: 'text', text: 'x', mood: 1 }] },
      'items.0.mood',
    ],
    ['an unknown field', { ...BY_HAND, mood: 1 }, 'mood'],
    ['a version that cannot be', { ...BY_HAND, based_on: -1 }, 'based_on'],
  ])('is refused with %s', async (_what, body, field) => {
    const { status, body: problem } = await put(body);
    expect([status, problem.code]).toEqual([400, 'request.invalid']);
    expect(problem.errors.map((fault: { field: string }) => fault.field)).toEqual([field]);
    expect(await view()).toMatchObject({ status: 'none' });
  });
});

describe('the versions of a synopsis', () => {
  it('are listed newest first, in pages, and shown one by one', async () => {
    for (let n = 1; n <= 5; n++) await put({ ...BY_HAND, title: `Edit ${n}` });
    const first = (await client.get(path('/versions?limit=3'))).body;
    const second = (await client.get(path(`/versions?limit=3&cursor=${first.next_cursor}`))).body;
    expect([...first.data, ...second.data].map(({ version, title }) => [version, title])).toEqual(
      [5, 4, 3, 2, 1].map((n) => [n, `Edit ${n}`]),
    );
    expect([first.has_more, second.has_more, second.next_cursor]).toEqual([true, false, null]);
    const { body: third } = await client.get(path('/versions/3'));
    const { items, session_id, ...summary } = third;
    expect([items, session_id]).toEqual([BY_HAND.items, sessionId]);
    expect(second.data).not.toContainEqual(expect.objectContaining({ items: expect.anything() }));
    expect(first.data[2]).toEqual(summary);
  });

  it.each(['0', '2', '01', '-1', 'x', '99999999999', '1e3'])('have no version %s', async (version) => {
    await put(BY_HAND);
    const { status, body } = await client.get(path(`/versions/${version}`));
    expect([status, body.code]).toEqual([404, 'synopsis.version_not_found']);
  });

  it('are not listed from where no list has ended', async () => {
    const { status, body } = await client.get(path('/versions?cursor=x'));
    expect([status, body.errors[0].field]).toEqual([400, 'cursor']);
  });
});

describe('a session', () => {
  const everything = async () =>
    Promise.all([
      form(),
      formNow(),
      client.get(path()),
      client.get(path('/versions')),
      client.get(path('/versions/1')),
      put(BY_HAND),
    ]);

  it('that is deleted, belongs to another user or does not exist, has no synopsis', async () => {
    await put(BY_HAND);
    await client.call('DELETE', `/v1/sessions/${sessionId}`);
    const foreign = await client.openSession();
    await app.database.rows(`update sessions set user_id = 'mallory' where id = $1`, [foreign]);
    for (const id of [sessionId, foreign, randomUUID(), 'none']) {
      sessionId = id;
      const codes = (await everything()).map(({ status, body }) => [status, body.code]);
      expect(codes).toEqual(codes.map(() => [404, 'session.not_found']));
    }
  });

  it('that is archived is summed up, but not edited', async () => {
    await tell('Hello');
    await client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: true });
    const { status, body } = await put(BY_HAND);
    expect([status, body.code]).toEqual([409, 'session.archived']);
    app.model.script(says(SYNOPSIS));
    expect((await formNow()).body).toMatchObject({ version: 1, status: 'ready' });
  });

  it('that is deleted while its synopsis is formed gets none', async () => {
    await tell('Hello');
    const letGo = slowly(SYNOPSIS);
    const { body: job } = await form();
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    await client.call('DELETE', `/v1/sessions/${sessionId}`);
    letGo();
    await eventually(async () =>
      expect(
        await app.database.rows('select status, error_code from jobs where id = $1', [job.job_id]),
      ).toEqual([{ status: 'failed', error_code: 'session.not_found' }]),
    );
    expect(
      await app.database.rows('select 1 from synopsis_versions where session_id = $1', [sessionId]),
    ).toEqual([]);
  });

  it.each(['later', ''])('refuses the mode “%s”', async (mode) => {
    const { status, body } = await client.post(path(`?mode=${mode}`));
    expect([status, body.errors[0].field]).toEqual([400, 'mode']);
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
