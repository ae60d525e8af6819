import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { all, find } from '../support/scenes.js';
import { ServerProcess } from '../support/server-process.js';

const NOTES = '## Goal\nThe task: rename foo to bar.';
const LONG = 'word '.repeat(2_400);
/** The process dies long before these answers begin. */
const TOO_LATE = { text: 'Too late.', pace: { firstTokenMs: 60_000 } };

describe('a kill -9 in the middle of compactions', () => {
  let models: TestModels;
  let database: TestDatabase;
  let server: ServerProcess;

  beforeAll(async () => {
    models = await TestModels.start();
    const limit = { context: 16_000, output: 2_000 };
    await models.write({
      models: [
        { id: 'large', provider: 'one', limit },
        { id: 'small', provider: 'two', limit },
      ],
    });
  });
  afterAll(() => models.stop());

  const start = () =>
    ServerProcess.start({ ...models.env, DATABASE_URL: database.url, RUN_LEASE_SECONDS: '4' });

  beforeEach(async () => {
    models.reset();
    models.one.always({ text: 'Understood.' });
    models.two.takeNotes(TOO_LATE, TOO_LATE, { text: NOTES });
    database = await TestDatabase.create();
    server = await start();
  });
  afterEach(async () => {
    await server.stop('SIGKILL');
    await database.drop();
  });

  /** One checkpoint, told once, of the second of two calls. */
  async function expectOneCheckpoint(sessionId: string, reason: string): Promise<void> {
    const events = await server.client.readUntil(sessionId, ({ type }) => type === 'context.compacted');
    expect(all(events, 'context.compacted')).toHaveLength(1);
    const rows = await database.rows(
      'select reason, content, llm_call_id from context_checkpoints where session_id = $1',
      [sessionId],
    );
    const calls = await database.rows<{ id: string; status: string }>(
      `select id, status from llm_calls where session_id = $1 and purpose = 'compaction' order by id`,
      [sessionId],
    );
    expect(calls.map(({ status }) => status)).toEqual(['aborted', 'completed']);
    expect(rows).toEqual([
      { reason, content: expect.stringContaining(NOTES) as string, llm_call_id: calls[1]!.id },
    ]);
  }

  it('costs their run and their job nothing but time', async () => {
    const running = await server.client.openSession({ agent: 'ask' });
    const asking = await server.client.openSession({ agent: 'ask' });
    for (let n = 1; n <= 3; n++) await server.client.ask(running, `Message ${n}. ${LONG}`);
    await server.client.ask(asking, 'TASK: rename foo to bar.');
    const { body } = await server.client.say(running, `Message 4. ${LONG}`);
    const { body: job } = await server.client.post(`/v1/sessions/${asking}/compact`);
    await eventually(() => expect(models.two.noteRequests).toHaveLength(2));
    await server.stop('SIGKILL');
    server = await start();

    const events = await server.client.readUntil(running, isFinished, body.last_event_id);
    expect(find(events, 'run.finished')).toMatchObject({
      run_id: body.run.id,
      data: { status: 'completed' },
    });
    expect(all(events, 'message.completed')).toHaveLength(1);
    await expectOneCheckpoint(running, 'threshold');

    await eventually(async () => {
      const { body: done } = await server.client.get(`/v1/jobs/${job.job_id}`);
      expect(done).toMatchObject({ status: 'done', attempt: 1, result: { usage: { model_calls: 2 } } });
    });
    await expectOneCheckpoint(asking, 'request');
  });
});
