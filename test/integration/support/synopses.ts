import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { SentEvent, TestClient } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { Reply, held } from '../../support/scripted-model.js';
import { NEVER_OPENS, TestApp } from '../../support/test-app.js';

export const SYNOPSIS = {
  title: 'Two files',
  items: [
    { kind: 'heading', text: 'Done' },
    { kind: 'decision', text: 'Use leases', reason: 'Locks stay behind' },
    { kind: 'list', entries: ['a.ts', 'b.ts'] },
  ],
};
export const LATER = { title: 'Three files', items: [{ kind: 'open_question', text: 'And c.ts?' }] };
export const BY_HAND = { title: 'By hand', items: [{ kind: 'code', text: 'x = 1', language: 'py' }] };

export const says = (answer: object | string, pace = {}): Reply => ({
  text: typeof answer === 'string' ? answer : JSON.stringify(answer),
  pace,
});
/** The model is asked, and says so when the test lets it. */
export const slowly = (answer: object, ...next: Reply[]) => {
  const [reply, letGo] = held(says(answer));
  app.model.script(reply, ...next);
  return letGo;
};

// A spec about synopses that imports this has an application of its own.

export let app: TestApp;
/** What further applications share with it. */
export let shared: NonNullable<Parameters<typeof TestApp.start>[1]>;
/** It carries out what the queue delivers; `app` does only what it is asked to wait for. */
export let worker: TestApp;
export let client: TestClient;
/** The session that the functions below are about. */
export let sessionId: string;
export const turnTo = (id: string) => void (sessionId = id);

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

export const path = (rest = '') => `/v1/sessions/${sessionId}/synopsis${rest}`;
export const form = () => client.post(path());
export const formNow = () => client.post(path('?mode=sync'));
export const view = async () => (await client.get(path())).body;
export const versions = async () => (await client.get(path('/versions'))).body.data;
export const jobOf = async (jobId: string) => (await client.get(`/v1/jobs/${jobId}`)).body;
export const put = (body: object) => client.call('PUT', path(), body);

/** Messages as if they had been said. */
export async function tell(...contents: string[]): Promise<void> {
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
export const asked = () => app.model.requests.map((request) => request.messages.at(-1)!.content as string);

export const isEnd = ({ type, data }: SentEvent) =>
  type === 'job.status_changed' && ['done', 'failed', 'cancelled'].includes(data.status);

export async function ended(jobId: string) {
  return eventually(async () => {
    const job = await jobOf(jobId);
    expect(['done', 'failed', 'cancelled']).toContain(job.status);
    return job;
  });
}
