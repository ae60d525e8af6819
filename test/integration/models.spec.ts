import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callIn, find, reads, toolResult } from '../support/scenes.js';
import { TestModels } from '../support/models-file.js';
import { TestApp } from '../support/test-app.js';

describe('a file of models', () => {
  let models: TestModels;
  let app: TestApp;

  beforeAll(async () => {
    models = await TestModels.start();
    app = await TestApp.start(models.env, { model: models.one });
  });
  afterAll(async () => {
    await app.stop();
    await models.stop();
  });
  beforeEach(() => models.reset());

  const runOf = async (sessionId: string) => {
    const [run] = await app.database.rows(
      'select model, model_chosen, reasoning_effort, status, error from runs where session_id = $1 order by id desc limit 1',
      [sessionId],
    );
    return run!;
  };

  it('gives the choice of a message the model by its name at its provider', async () => {
    models.two.script({ text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const events = await app.client.ask(sessionId, 'Hello', { model: 'other' });
    expect(find(events, 'run.finished').data).toMatchObject({ status: 'completed' });
    expect(models.two.requests.map(({ model }) => model)).toEqual(['other-name']);
    expect(await runOf(sessionId)).toMatchObject({ model: 'other', model_chosen: true });
  });

  it('keeps the model of a run for all its calls', async () => {
    models.two.script(reads(), { text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const events = await app.client.ask(sessionId, 'Hello', { model: 'other' });
    await app.client.stream(sessionId, toolResult(callIn(events)));
    expect(models.two.requests.map(({ model }) => model)).toEqual(['other-name', 'other-name']);
  });
});
