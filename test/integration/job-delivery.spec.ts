import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeliverJobs } from '../../src/modules/jobs/application/deliver-jobs.js';
import { JobOutbox } from '../../src/modules/jobs/application/job-outbox.js';
import { JobHandler, JobHandlers, JobQueue, JobSupervisor, JobWorker } from '../../src/modules/jobs/index.js';
import { logFields } from '../../src/shared/application/log-context.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

const LEASE_SECONDS = 2;

describe('a job that is queued', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await TestApp.start({ RUN_LEASE_SECONDS: String(LEASE_SECONDS) });
    app.model.script({ text: 'It is a lease.' });
  });
  afterEach(() => app.stop());

  const ask = async (): Promise<string> => {
    const body = { session_id: await app.client.openSession(), query: 'What is it?' };
    return (await app.client.post('/v1/jobs/agents/ask/1.0.0', body)).body.job_id;
  };
  const view = async (jobId: string) => (await app.client.get(`/v1/jobs/${jobId}`)).body;
  const messages = () => app.database.rows('select payload from graphile_worker._private_jobs');
  const done = (jobId: string) =>
    eventually(async () => expect(await view(jobId)).toMatchObject({ status: 'done', attempt: 1 }));

  it('is not begun by a message of an earlier attempt, only by one of this; whatever the clock here says', async () => {
    const jobId = await ask();
    await app.database.rows(
      `update jobs set version = 2, available_at = now() + interval '1 hour' where id = $1`,
      [jobId],
    );
    const supervisor = app.nest.get(JobSupervisor);
    await supervisor.execute({ jobId, version: 1 });
    expect(await view(jobId)).toMatchObject({ status: 'queued', started_at: null });
    await supervisor.execute({ jobId, version: 2 });
    expect(await view(jobId)).toMatchObject({ status: 'done' });
    await supervisor.execute({ jobId, version: 2 });
    expect(app.model.requests).toHaveLength(1);
  });

  it('is delivered again when its message was lost', async () => {
    const jobId = await ask();
    await app.database.rows('delete from graphile_worker._private_jobs');
    await app.nest.get(JobWorker).start();
    await done(jobId);
  });

  it('is delivered by a sweep of another process when its own dies between commit and message', async () => {
    const dead = app.nest.get(DeliverJobs);
    const send = vi.spyOn(dead, 'send').mockReturnValue();
    vi.spyOn(dead, 'execute').mockResolvedValue(true);
    const jobId = await ask();
    expect(send).toHaveBeenCalledTimes(1);
    expect(await messages()).toEqual([]);
    const other = await TestApp.start(
      { RUN_LEASE_SECONDS: String(LEASE_SECONDS) },
      { database: app.database, model: app.model, worker: true },
    );
    await done(jobId);
    await other.stop();
  });

  it('leaves no run open when its attempt ends without having ended it', async () => {
    const handlers = app.nest.get(JobHandlers);
    const usual = handlers.of('agent:ask');
    const broken: JobHandler = {
      accept: (request) => usual.accept(request),
      begin: async (tx, job) => {
        await usual.begin(tx, job);
        return () => Promise.reject(new Error('a defect'));
      },
      abandon: (tx, job, error) => usual.abandon(tx, job, error),
    };
    handlers.register(broken, 'agent:ask');
    const jobId = await ask();
    await app.nest.get(JobWorker).start();
    await eventually(async () =>
      expect(await view(jobId)).toMatchObject({ status: 'failed', error: { code: 'job.internal_error' } }),
    );
    const [run] = await app.database.rows('select status from runs where job_id = $1', [jobId]);
    expect(run).toEqual({ status: 'failed' });
  });
});

/** With a lease so long that only the first sweep of a process is a regular one. */
describe('a job is delivered at once', () => {
  let app: TestApp;
  let sessionId: string;

  beforeEach(async () => {
    const env = { RUN_LEASE_SECONDS: '3600', AGENT_JOB_RETRY_DELAY: '1', LLM_MAX_RETRIES: '0' };
    app = await TestApp.start(env, { database: await TestDatabase.create(), worker: true });
    sessionId = await app.client.openSession();
  });
  afterEach(() => app.database.drop());

  const ask = () =>
    app.client.post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'What is it?' });
  const becomes = (expected: object) =>
    eventually(async () =>
      expect(await app.database.rows('select status, attempt from jobs')).toEqual([expected]),
    );

  it('when it is new', async () => {
    app.model.script({ text: 'It is a lease.' });
    await ask();
    await becomes({ status: 'done', attempt: 1 });
    await app.stop();
  });

  it('when its next attempt is due', async () => {
    app.model.script({ status: 503 }, { text: 'It is a lease.' });
    await ask();
    await becomes({ status: 'done', attempt: 2 });
    await app.stop();
  });

  it('when its next attempt is due and the message of the one before is marked only now', async () => {
    const outbox = app.nest.get(JobOutbox);
    const markSent = outbox.markSent.bind(outbox);
    vi.spyOn(outbox, 'markSent').mockImplementationOnce(async (deliveries) => {
      await becomes({ status: 'queued', attempt: 2 });
      await markSent(deliveries);
    });
    app.model.script({ status: 503 }, { text: 'It is a lease.' });
    await ask();
    await becomes({ status: 'done', attempt: 2 });
    await app.stop();
  });

  it('without the log fields of the request or job for which that happens', async () => {
    const queue = app.nest.get(JobQueue);
    const send = queue.send.bind(queue);
    const fields: object[] = [];
    vi.spyOn(queue, 'send').mockImplementation((deliveries) => {
      fields.push(logFields());
      return send(deliveries);
    });
    app.model.script({ status: 503 }, { text: 'It is a lease.' });
    await ask();
    await becomes({ status: 'done', attempt: 2 });
    expect(fields).toEqual([{}, {}]);
    await app.stop();
  });

  it('when its worker stops, which gives it back', async () => {
    app.model.script({ text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 60 } });
    const { body } = await ask();
    await becomes({ status: 'running', attempt: 1 });
    await app.stop();
    await becomes({ status: 'queued', attempt: 1 });
    expect(
      await app.database.rows(
        `select m.payload->>'jobId' as "jobId", j.delivered_at is not null as delivered
           from graphile_worker._private_jobs m join jobs j on (m.payload->>'version')::int = j.version`,
      ),
    ).toEqual([{ jobId: body.job_id, delivered: true }]);
  });
});
