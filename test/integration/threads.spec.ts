import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { within } from '../../src/modules/conversations/index.js';
import { DeliverJobs } from '../../src/modules/jobs/application/deliver-jobs.js';
import { SentEvent, TestClient } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { rowsRead } from '../support/rows-read.js';
import {
  NOT_ATOMIC,
  all,
  callIn,
  find,
  finish,
  planDecision,
  planIdIn,
  propose,
  reads,
  toolResult,
} from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';

const NOTES = '## Goal\nNOTES: rename foo to bar.';
const TASK = 'TASK: rename foo to bar.';
/** About 3,400 tokens: four of them are too much for the window of 16,000. */
const LONG = 'word '.repeat(2_400);

let models: TestModels;
let database: TestDatabase;
let app: TestApp;
let client: TestClient;
let sessionId: string;

beforeAll(async () => {
  models = await TestModels.start();
  const limit = { context: 16_000, output: 2_000 };
  await models.write({
    models: [
      { id: 'large', provider: 'one', limit },
      { id: 'small', provider: 'two', limit },
    ],
  });
  database = await TestDatabase.create();
  const env = { ...models.env, LLM_MAX_RETRIES: '0', AGENT_JOB_RETRIES: '1', RUN_LEASE_SECONDS: '600' };
  app = await TestApp.start(env, { database, model: models.one, circuit: NEVER_OPENS, worker: true });
  ({ client } = app);
});
afterAll(async () => {
  await app.stop();
  await models.stop();
  await database.drop();
});
beforeEach(() => {
  models.reset();
  models.two.takeNotes({ text: NOTES });
});

const textOf = (request: { messages: { content?: unknown }[] }): string =>
  request.messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n');
const requests = () => models.one.requests.map(textOf);

const checkpoints = () =>
  database.rows<{ id: string; thread: string; based_on: string | null }>(
    'select id, thread, based_on from context_checkpoints where session_id = $1 order by created_at, id',
    [sessionId],
  );

async function edit(content: string): Promise<void> {
  const { body } = await client.get(`/v1/sessions/${sessionId}/context`);
  const edited = { content, based_on: body.checkpoint?.id ?? null };
  expect((await client.call('PUT', `/v1/sessions/${sessionId}/context/checkpoint`, edited)).status).toBe(200);
}

const jobOf = async (query = 'What was the task?') =>
  (await client.post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query })).body.job_id as string;

const ended = (jobId: string) =>
  eventually(async () => {
    const { body } = await client.get(`/v1/jobs/${jobId}`);
    expect(['done', 'failed']).toContain(body.status);
    return body;
  });

describe('the thread of a subtask', () => {
  /** Each answer of a tool is long, so that two checkpoints are made. */
  const READS = 8;

  it('has checkpoints of its own, of which the main history and other subtasks know nothing', async () => {
    models.two.reset(NOT_ATOMIC); // the small model classifies
    models.two.takeNotes({ text: NOTES });
    const subtasks = ['First', 'Second'].map((title) => ({ title, description: title, agent: 'coder' }));
    models.one.script(
      propose({ title: 'Two', description: 'Both', subtasks }),
      ...Array.from({ length: READS }, (_, n) => reads(`${n}.ts`)),
      finish('The first is done.'),
      finish('The second is done.'),
      { text: 'You are welcome.' },
    );
    sessionId = await client.openSession();
    await edit('By hand: for the main history.');
    let events: SentEvent[] = await client.ask(sessionId, TASK);
    const seen = [...events];
    events = await client.stream(sessionId, planDecision(planIdIn(events), 'approve'));
    for (let n = 0; n < READS; n++) {
      seen.push(...events);
      events = await client.stream(sessionId, toolResult(callIn(events), { result: `${n} ${LONG}` }));
    }
    seen.push(...events);
    expect(find(events, 'run.finished').data.status).toBe('completed');

    const [first] = find(seen, 'plan.created').data.plan.subtasks;
    const told = all(seen, 'context.compacted').map(({ data }) => data);
    expect(told.length).toBeGreaterThanOrEqual(2);
    for (const data of told) expect(data).toMatchObject({ subtask_id: first!.id, reason: 'threshold' });
    const [byHand, ...formed] = await checkpoints();
    expect(byHand).toMatchObject({ thread: 'main' });
    expect(formed.map(({ id, thread }) => [id, thread])).toEqual(
      told.map(({ checkpoint_id: id }) => [id, `subtask:${first!.id}`]),
    );
    expect(formed.map(({ based_on }) => based_on)).toEqual([
      null,
      ...formed.slice(0, -1).map(({ id }) => id),
    ]);

    const [last, other] = requests().slice(-2);
    expect(requests().filter((text) => text.includes('By hand'))).toHaveLength(1); // the architect's
    expect(last).toContain('Your subtask, 1 of 2: First');
    expect(last).toContain(NOTES);
    expect(other).toContain(`Your subtask, 2 of 2: Second`);
    expect(other).not.toContain(NOTES);

    await client.ask(sessionId, 'Thank you', { agent: 'ask' });
    expect(requests().at(-1)).toContain('By hand: for the main history.');
    expect(requests().at(-1)).not.toContain(NOTES);
  });
});

describe('the thread of a job', () => {
  beforeEach(async () => {
    models.one.always({ text: 'Understood.' });
    sessionId = await client.openSession({ agent: 'ask' });
  });

  it('begins with the newest checkpoint of the main history, and what was said since', async () => {
    await client.ask(sessionId, TASK);
    await client.ask(sessionId, 'In src first.');
    await ended((await client.post(`/v1/sessions/${sessionId}/compact`)).body.job_id);
    await edit('By hand: in lib first.');
    await client.ask(sessionId, 'And in test.');
    await ended(await jobOf());
    const text = requests().at(-1)!;
    for (const part of ['By hand: in lib first.', 'And in test.', 'What was the task?'])
      expect(text).toContain(part);
    for (const part of [TASK, 'In src first.', NOTES]) expect(text).not.toContain(part);
  });

  it('keeps that one in later attempts, though the main history has gone on', async () => {
    await client.ask(sessionId, TASK);
    await edit('By hand: before.');
    models.one.reset();
    models.one.script({ status: 500 }, { text: 'Later.' }, { text: 'Done.' });
    const jobId = await jobOf();
    await eventually(async () =>
      expect((await client.get(`/v1/jobs/${jobId}`)).body).toMatchObject({ status: 'queued', attempt: 2 }),
    );
    await edit('By hand: after.');
    await client.ask(sessionId, 'Go on.');
    // As by a process whose clock is behind.
    await ended((await client.post(`/v1/sessions/${sessionId}/compact`)).body.job_id);
    await database.rows(
      `update context_checkpoints set created_at = now() - interval '1 hour' where session_id = $1 and reason = 'request'`,
      [sessionId],
    );
    await database.rows('update jobs set available_at = now() where id = $1', [jobId]);
    app.nest.get(DeliverJobs).sweepNeeded$.next();
    expect(await ended(jobId)).toMatchObject({ status: 'done', attempt: 2 });
    const text = requests().at(-1)!;
    expect(text).toContain('By hand: before.');
    expect(text).not.toContain('By hand: after.');
    expect(text).not.toContain(NOTES);
  });

  it('has checkpoints of its own, which the main history does not go on with', async () => {
    for (const text of [TASK, 'In src first.']) await client.ask(sessionId, `${text} ${LONG}`);
    await edit('By hand: for both.');
    // Too much for the job alone: the main history has room for another message.
    const jobId = await jobOf(`What was the task? ${'word '.repeat(3_600)}`);
    expect(await ended(jobId)).toMatchObject({ status: 'done' });
    const [ofMain, made, ...others] = await checkpoints();
    expect([ofMain!.thread, others]).toEqual(['main', []]);
    expect(made).toMatchObject({
      thread: expect.stringContaining(`job:${jobId}:`) as string,
      based_on: null,
    });
    const events = await client.readUntil(sessionId, ({ type }) => type === 'context.compacted');
    expect(events.at(-1)!.data).toMatchObject({ job_id: jobId, reason: 'threshold' });
    expect(requests().at(-1)).toContain(NOTES);
    expect(textOf(models.two.noteRequests[0]!)).toContain('By hand: for both.');
    await client.ask(sessionId, 'Go on.');
    expect(requests().at(-1)).toContain('By hand: for both.');
    expect(requests().at(-1)).toContain(TASK);
    expect(requests().at(-1)).not.toContain(NOTES);
  });

  it('is found without reading the whole session', async () => {
    const [jobId, runId] = [crypto.randomUUID(), crypto.randomUUID()];
    const other = await client.openSession();
    // The session is a part of the table, and the job begins near its end.
    await database.rows(
      `insert into messages (id, session_id, position, role, content, created_at, tokens, job_id, run_id)
       select gen_random_uuid(), s.id, n, 'user', 'x', now(), 5,
              case when s.id = $1 and n = 5000 then $3::uuid end, case when s.id = $1 and n = 5000 then $4::uuid end
         from (values ($1::uuid, 5000), ($2::uuid, 40000)) as s(id, most), generate_series(1, s.most) as n`,
      [sessionId, other, jobId, runId],
    );
    await database.rows('analyze messages');
    const { sql, ids } = within({ jobId, runId }, 3);
    const text = `select position from messages where session_id = $1 and position > $2 and ${sql}`;
    const values = [sessionId, 4_990, ...ids];
    expect(await rowsRead(database, { text, values })).toBeLessThan(50);
    expect(await database.rows(text, values)).toHaveLength(10);
  });
});
