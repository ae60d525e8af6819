import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobHandler, JobHandlers, JobSupervisor, JobWorker } from '../../src/modules/jobs/index.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

const LEASE_SECONDS = 1;

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

  it('leaves no run open when its attempt ends without having ended it', async () => {
    const handlers = app.nest.get(JobHandlers);
    const usual = handlers.of('ask');
    const broken: JobHandler = {
      accept: (request) => usual.accept(request),
      begin: async (tx, job) => {
        await usual.begin(tx, job);
        return () => Promise.reject(new Error('a defect'));
      },
      abandon: (tx, job, error) => usual.abandon(tx, job, error),
    };
    handlers.register(broken, 'ask');
    const jobId = await ask();
    await app.nest.get(JobWorker).start();
    await eventually(async () =>
      expect(await view(jobId)).toMatchObject({ status: 'failed', error: { code: 'job.internal_error' } }),
    );
    const [run] = await app.database.rows('select status from runs where job_id = $1', [jobId]);
    expect(run).toEqual({ status: 'failed' });
  });
});
