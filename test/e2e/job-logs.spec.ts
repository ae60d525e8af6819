import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

let database: TestDatabase;
let model: ScriptedModel;
let server: ServerProcess;

beforeAll(async () => {
  database = await TestDatabase.create();
  model = await ScriptedModel.start();
  server = await ServerProcess.start({
    DATABASE_URL: database.url,
    OPENAI_BASE_URL: model.url,
    LLM_MAX_RETRIES: '1',
  });
});
afterAll(async () => {
  await server?.stop();
  await model?.stop();
  await database?.drop();
});

it('every line about a job says which job, trace, run and session it is about, whoever writes it', async () => {
  model.script({ status: 503 }, { text: 'After all.' });
  const sessionId = await server.client.openSession();
  const { body: job } = await server.client
    .with({ traceparent: `00-${TRACE}-00f067aa0ba902b7-01` })
    .post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'Why?' });
  const done = await eventually(async () => {
    const { body } = await server.client.get(`/v1/jobs/${job.job_id}`);
    expect(body.status).toBe('done');
    return body;
  });
  const about = { job_id: job.job_id, trace_id: TRACE, session_id: sessionId, run_id: done.run_id };
  const read = () => server.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const said of ['the model is asked again', 'an attempt of a job ended']) {
    await eventually(() => expect(read().find(({ msg }) => msg === said)).toMatchObject(about));
  }
  const lines = read();
  const others = lines.filter((line) => 'job_id' in line && line['job_id'] !== job.job_id);
  expect(others).toEqual([]);
  const [asked] = lines.filter(({ msg }) => msg === 'request completed');
  expect(asked).not.toHaveProperty('job_id');
});
