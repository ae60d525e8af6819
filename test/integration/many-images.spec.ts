import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlobQueries } from '../../src/modules/blobs/index.js';
import type { TestClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { pngOf } from '../support/images.js';
import { TestModels } from '../support/models-file.js';
import type { Reply } from '../support/scripted-model.js';
import { callIn, callsIn, find, finish, reads, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const DONE = finish('Done.');
const MB = 1024 * 1024;
const READS_IMAGES = { input: ['text', 'image'], output: ['text'] };

let models: TestModels;
let app: TestApp;
let client: TestClient;
let sessionId: string;

beforeAll(async () => {
  models = await TestModels.start();
  const [large, small, other] = models.content.models;
  await models.write({
    models: [{ ...large, modalities: READS_IMAGES }, small, { ...other, modalities: READS_IMAGES }],
    fallbacks: { large: ['other'] },
  });
  app = await TestApp.start({ LLM_MAX_RETRIES: '1', ...models.env }, { model: models.one });
  ({ client } = app);
});
afterAll(async () => {
  await app.stop();
  await models.stop();
});
beforeEach(async () => {
  models.reset();
  sessionId = await client.openSession({ agent: 'coder' });
});

let seed = 0;
const image = async () => {
  const bytes = pngOf(100, seed++);
  const { body } = await client.call('POST', '/v1/blobs', bytes, { 'content-type': 'image/png' });
  return { type: 'image', blob_id: body.id };
};

/** As if the image of each message of the session were this large: the scripted model takes no such requests. */
const enlarge = (bytes: number) =>
  app.database.rows(
    `update messages set parts = jsonb_set(parts, '{attachments,0,size}', $2) where session_id = $1 and parts is not null`,
    [sessionId, String(bytes)],
  );

/** A message with an image of 7 MB, by the next one. */
async function show(words: string) {
  const events = await client.ask(sessionId, words, { attachments: [await image()] });
  await enlarge(7 * MB);
  expect(find(events, 'run.finished').data.status).toBe('completed');
  return events;
}

const requests = () => models.one.requests.map(({ messages }) => messages);
const imagesIn = (messages: readonly object[]) => JSON.stringify(messages).split('data:image/png').length - 1;
const checkpoints = () =>
  app.database.rows('select reason from context_checkpoints where session_id = $1', [sessionId]);

describe('images beyond what a request may carry', () => {
  it('are summed up with the oldest messages, also beside instructions that are larger than they are', async () => {
    const rules = { path: 'AGENTS.md', content: 'Indent with tabs. '.repeat(3_000) };
    await client.call('PUT', `/v1/sessions/${sessionId}/workspace`, {
      ...{ name: 'shop', roots: [{ name: 'shop', path: '/shop' }], instructions: [rules] },
    });
    models.one.takeNotes({ text: 'Notes.' });
    models.one.script(...Array.from({ length: 6 }, () => DONE));
    for (const words of ['1', '2', '3', '4', '5', '6']) await show(words);
    expect(await checkpoints()).toEqual([{ reason: 'overflow' }]);
    expect(requests().map(imagesIn)).toEqual([1, 2, 3, 4, 2, 3]);
    expect(JSON.stringify(requests()[4])).toContain('Notes.');
    // Until the checkpoint, and after it, each request is the beginning of the next.
    for (const n of [0, 1, 2, 4]) {
      expect(requests()[n + 1]!.slice(0, requests()[n]!.length)).toEqual(requests()[n]);
    }
  });

  it('are summed up in the middle of a run, and told in words with the message that a checkpoint repeats', async () => {
    models.one.takeNotes({ text: 'Notes.' });
    models.one.script(reads('a.png'), reads('b.png'), reads('c.png'), reads('d.png'), DONE);
    let events = await client.ask(sessionId, 'Compare them', { attachments: [await image()] });
    for (let n = 0; n < 4; n++) {
      await enlarge(7 * MB);
      events = await client.stream(sessionId, toolResult(callIn(events), { content: [await image()] }));
    }
    expect(find(events, 'run.finished').data.status).toBe('completed');
    expect(await checkpoints()).toEqual([{ reason: 'overflow' }]);
    const last = requests()[4]!;
    expect(imagesIn(last)).toBe(2);
    expect(JSON.stringify(last)).toMatch(
      /word for word:[^"]*Compare them[^"]*\[image 1: [^"]*not shown to you/,
    );
  });

  it('are shown by the newest answers where one reply asks for more of them', async () => {
    models.one.takeNotes({ text: 'Notes.' });
    models.one.script({ calls: [...reads('a.png').calls, ...reads('b.png').calls] }, DONE);
    const [first, second] = callsIn(await client.ask(sessionId, 'Compare them'));
    await client.input(sessionId, toolResult(first!, { content: [await image()] }));
    await enlarge(14 * MB);
    // The size of the last one is that of its bytes: both together are more than a request may carry.
    const large = await image();
    await app.database.rows(`update blobs set size = $2 where hash = $1`, [large.blob_id, 14 * MB]);
    await client.stream(sessionId, toolResult(second!, { content: [large] }));
    const last = requests()[1]!;
    expect(imagesIn(last)).toBe(1);
    expect(JSON.stringify(last)).toContain('not shown to you');
  });

  it('are no matter to a model that is told of them in words', async () => {
    models.one.script(...Array.from({ length: 5 }, () => DONE));
    for (const words of ['1', '2', '3', '4']) await show(words);
    await client.ask(sessionId, 'And now?', { model: 'small' });
    expect(imagesIn(requests()[4]!)).toBe(0);
    expect(await checkpoints()).toEqual([]);
  });
});

describe('the bytes of images', () => {
  it('are read once for a call, whatever retries and other models it takes', async () => {
    const read = vi.spyOn(app.nest.get(BlobQueries), 'readUsed');
    models.one.script({ status: 503 }, { status: 503 });
    models.two.script(DONE);
    const events = await client.ask(sessionId, 'Look', { attachments: [await image()] });
    expect(find(events, 'model.switched').data).toMatchObject({ to: 'other' });
    expect(requests().map(imagesIn)).toEqual([1, 1]);
    expect(imagesIn(models.two.requests[0]!.messages)).toBe(1);
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
  });
});

describe('the images that a process has in hand', () => {
  it.each<[string, Reply]>([
    ['is answered', DONE],
    ['fails', { status: 401 }],
    ['is cancelled', DONE],
  ])('are 64 MB at most: the next request with images is sent when one before it %s', async (end, reply) => {
    models.one.script(DONE, DONE, DONE);
    const sessions: string[] = [];
    for (let n = 0; n < 3; n++) {
      sessionId = await client.openSession({ agent: 'coder' });
      sessions.push(sessionId);
      await client.ask(sessionId, 'Look', { attachments: [await image()] });
      await enlarge(24 * MB);
    }
    models.reset();
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    models.one.script({ ...reply, after: first.promise }, { ...DONE, after: second.promise }, DONE, DONE);
    const runs: string[] = [];
    for (const [place, id] of sessions.entries()) {
      const { body } = await client.say(id, 'And now?');
      runs.push(body.run.id);
      if (place < 2) await eventually(() => expect(requests()).toHaveLength(place + 1));
    }
    await client.readUntil(
      sessions[2]!,
      ({ type, run_id }) => type === 'message.started' && run_id === runs[2],
    );
    await client.ask(await client.openSession({ agent: 'coder' }), 'Hello');
    expect(requests().map(imagesIn)).toEqual([1, 1, 0]);
    if (end === 'is cancelled') await client.post(`/v1/runs/${runs[0]}/cancel`);
    else first.resolve();
    await client.readUntil(sessions[2]!, ({ type, run_id }) => type === 'run.finished' && run_id === runs[2]);
    expect(requests().map(imagesIn)).toEqual([1, 1, 0, 1]);
    first.resolve();
    second.resolve();
  });
});

describe('an image that a provider refuses', () => {
  const REFUSED = { status: 400, code: 'invalid_image', message: 'could not process image' };

  it('is told in words, in the same run and in later ones: the session goes on', async () => {
    models.one.script(REFUSED, DONE, REFUSED, DONE);
    await show('Look');
    const second = await client.ask(sessionId, 'And now?');
    expect(find(second, 'run.finished').data.status).toBe('completed');
    expect(requests().map(imagesIn)).toEqual([1, 0, 1, 0]);
    expect(JSON.stringify(requests()[1])).toContain('not shown to you');
  });

  it('is asked about no second time where there is none', async () => {
    models.one.script(REFUSED);
    const events = await client.ask(sessionId, 'Hello');
    expect(find(events, 'run.finished').data).toMatchObject({ error: { code: 'model.request_refused' } });
    expect(requests()).toHaveLength(1);
  });
});
