import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlobPruner } from '../../src/modules/blobs/infrastructure/blob-pruner.js';
import type { TestClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { gif, jpeg, png, pngOf, webp } from '../support/images.js';
import { TestModels } from '../support/models-file.js';
import { callIn, find, finish, reads, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const DONE = finish('Done.');
const MB = 1024 * 1024;
const READS_IMAGES = { input: ['text', 'image'], output: ['text'] };

let models: TestModels;
let app: TestApp;
let ada: TestClient;
let bob: TestClient;
let sessionId: string;

beforeAll(async () => {
  models = await TestModels.start();
  const [large, small, other] = models.content.models;
  await models.write({
    models: [{ ...large, modalities: READS_IMAGES }, small, other],
    fallbacks: { large: ['other'] },
  });
  app = await TestApp.start(
    { AUTH_MODE: 'api_key', BLOB_QUOTA_PER_USER: String(20 * MB), LLM_MAX_RETRIES: '0', ...models.env },
    { model: models.one },
  );
  [ada, bob] = [await app.as('ada'), await app.as('bob')];
});
afterAll(async () => {
  await app.stop();
  await models.stop();
});
beforeEach(async () => {
  models.reset();
  sessionId = await ada.openSession({ agent: 'coder' });
});

const store = (bytes: Uint8Array, client = ada, type = 'application/octet-stream') =>
  client.call('POST', '/v1/blobs', bytes, { 'content-type': type });
const idOf = async (bytes: Uint8Array, client = ada): Promise<string> => (await store(bytes, client)).body.id;
const image = (id: string) => ({ type: 'image', blob_id: id });
const history = async () => (await ada.get(`/v1/sessions/${sessionId}/messages`)).body.data;
const dataUrl = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;
const shown = (type: string, bytes: Buffer) => ({
  type: 'image_url',
  image_url: { url: dataUrl(type, bytes) },
});
const lastRequest = (server = models.one) => server.requests.at(-1)!.messages;
const uses = (id: string) =>
  app.database.rows('select session_id, purpose from blob_uses where hash = $1', [id]);

describe('an image that is stored', () => {
  it.each([
    ['image/png', png(640, 480)],
    ['image/jpeg', jpeg(640, 480)],
    ['image/gif', gif(640, 480)],
    ['image/webp', webp(640, 480)],
  ])('is known by its content, and read by its user alone: %s', async (type, bytes) => {
    const { status, body } = await store(bytes, ada, 'text/html');
    expect([status, body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        media_type: type,
        width: 640,
        height: 480,
        size: bytes.length,
      },
    ]);
    expect((await store(bytes)).body).toEqual(body);
    const response = await fetch(`${ada.url}/v1/blobs/${body.id}`, { headers: ada.headers });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': expect.stringMatching(/^private/),
    });
    const foreign = await bob.get(`/v1/blobs/${body.id}`);
    const unknown = await bob.get(`/v1/blobs/${'0'.repeat(64)}`);
    expect([foreign.status, foreign.body.code]).toEqual([404, 'blob.not_found']);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'blob.not_found']);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 400, 'blob.not_an_image'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 400, 'blob.not_an_image'],
    [
      'a PNG that is a ZIP, too',
      Buffer.concat([png(), Buffer.from('PK\x03\x04')]),
      400,
      'blob.image_malformed',
    ],
    ['60,000 × 60,000', png(60_000, 60_000), 400, 'blob.image_too_large'],
    ['more than 8 MB', pngOf(8 * MB), 413, 'request.too_large'],
  ])('is refused: %s', async (_, bytes, status, code) => {
    expect(await store(bytes, ada, 'image/png')).toMatchObject({ status, body: { code } });
  });

  it('takes no notice of a key: other bytes are another image', async () => {
    const keyed = ada.with({ 'idempotency-key': 'of two images' });
    const [one, other] = [await store(png(21, 1), keyed), await store(png(22, 1), keyed)];
    expect([one.body.width, other.body.width]).toEqual([21, 22]);
  });

  it('counts for the quota of its user', async () => {
    const carl = await app.as('carl');
    const sizes = await Promise.all([1, 2, 3].map((seed) => store(pngOf(7 * MB, seed), carl)));
    expect(sizes.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(sizes.find(({ status }) => status === 409)!.body.code).toBe('blob.quota_exceeded');
  });
});

describe('an image in a message', () => {
  it('is shown to a model that reads images, and goes with the last session that uses it', async () => {
    const bytes = png(64, 48);
    const id = await idOf(bytes);
    models.one.script(DONE, DONE);
    const events = await ada.ask(sessionId, 'What is this?', { attachments: [image(id)] });
    const facts = { media_type: 'image/png', width: 64, height: 48, size: bytes.length };
    expect(find(events, 'message.created').data.message).toMatchObject({
      content: 'What is this?',
      attachments: [{ ...image(id), ...facts }],
    });
    expect((await history())[0].attachments).toEqual([{ ...image(id), ...facts }]);
    const text = expect.stringMatching(/^What is this\?\n[^]*\[image 1: image\/png, 64 × 48\]$/);
    const told = { role: 'user', content: [{ type: 'text', text }, shown('image/png', bytes)] };
    expect(lastRequest().at(-1)).toEqual(told);
    const [{ tokens }] = (await app.database.rows(
      'select tokens from messages where session_id = $1 and position = 1',
      [sessionId],
    )) as [{ tokens: number }];
    expect(tokens).toBeGreaterThan(1_500);
    expect(tokens).toBeLessThan(1_700);

    // What was sent once is sent again as it was.
    const before = lastRequest();
    await ada.ask(sessionId, 'And now?');
    expect(lastRequest().slice(0, before.length)).toEqual(before);

    const other = await ada.openSession({ agent: 'coder' });
    models.one.script(DONE, DONE, DONE);
    await ada.ask(other, 'Again', { attachments: [image(id)] });
    expect(await uses(id)).toHaveLength(2);
    await ada.call('DELETE', `/v1/sessions/${sessionId}`);
    await app.nest.get(BlobPruner).prune();
    expect((await ada.get(`/v1/blobs/${id}`)).status).toBe(200);
    await ada.call('DELETE', `/v1/sessions/${other}`);
    expect((await ada.get(`/v1/blobs/${id}`)).status).toBe(404);
    await app.nest.get(BlobPruner).prune();
    expect(await app.database.rows('select from blobs where hash = $1', [id])).toEqual([]);
    sessionId = await ada.openSession({ agent: 'coder' });
    const late = await ada.say(sessionId, 'Once more', { attachments: [image(id)] });
    expect(late).toMatchObject({ status: 409, body: { code: 'blob.missing', hashes: [id] } });
  });

  it('waits with a queued message, and is kept for it', async () => {
    models.one.script(reads(), DONE, DONE);
    const call = callIn(await ada.ask(sessionId, 'First'));
    const bytes = png(3, 3);
    const id = await idOf(bytes);
    const queued = await ada.say(sessionId, 'Then this', { on_busy: 'queue', attachments: [image(id)] });
    expect(await uses(id)).toEqual([{ session_id: sessionId, purpose: 'messages' }]);
    await ada.input(sessionId, toolResult(call));
    await eventually(async () => {
      expect((await ada.get(`/v1/runs/${queued.body.run.id}`)).body.status).toBe('completed');
    });
    expect(JSON.stringify(lastRequest())).toContain(dataUrl('image/png', bytes));
  });

  it('of another user is missing, as if there were none', async () => {
    const id = await idOf(png(5, 5));
    const his = await bob.openSession({ agent: 'coder' });
    for (const unknown of [id, '0'.repeat(64)]) {
      const { status, body } = await bob.say(his, 'Look', { attachments: [image(unknown)] });
      expect([status, body.code, body.hashes]).toEqual([409, 'blob.missing', [unknown]]);
    }
    expect(await uses(id)).toEqual([]);
  });

  it('is refused for a model that reads none, and with more than 16 MB', async () => {
    const id = await idOf(png(7, 7));
    const blind = await ada.say(sessionId, 'Look', { model: 'small', attachments: [image(id)] });
    expect(blind).toMatchObject({ status: 400, body: { code: 'model.no_images' } });
    const dora = await app.as('dora');
    const hers = await dora.openSession({ agent: 'coder' });
    const large = [await idOf(pngOf(7 * MB, 8), dora), await idOf(pngOf(7 * MB, 9), dora)];
    const many = await dora.say(hers, 'Look', { attachments: [...large, large[0]!].map(image) });
    expect(many).toMatchObject({ status: 400, body: { errors: [{ field: 'attachments' }] } });
    expect(await uses(id)).toEqual([]);
  });

  it('is told in words to a model that reads none, where one goes on', async () => {
    const bytes = png(9, 9);
    const id = await idOf(bytes);
    models.one.script(DONE, { status: 401 });
    await ada.ask(sessionId, 'What is this?', { attachments: [image(id)] });
    models.one.reset();
    models.one.script({ status: 503 });
    models.two.script(DONE);
    const fallen = await ada.ask(sessionId, 'And now?');
    expect(find(fallen, 'model.switched').data).toMatchObject({ from: 'large', to: 'other' });
    for (const messages of [lastRequest(models.two)]) {
      const text = JSON.stringify(messages);
      expect(text).toContain('[image 1: image/png, 9 × 9]');
      expect(text).toContain('not shown to you');
      expect(text).not.toContain('base64');
    }
    models.one.reset();
    models.one.script(DONE);
    await ada.ask(sessionId, 'And by the small one?', { model: 'small' });
    expect(JSON.stringify(lastRequest())).toContain('not shown to you');
    expect(JSON.stringify(lastRequest())).not.toContain('base64');
  });
});

describe('an image in the answer of a tool', () => {
  it('is shown after the answers, and told in its text', async () => {
    const bytes = gif(32, 16);
    const id = await idOf(bytes);
    models.one.script(reads(), DONE);
    const call = callIn(await ada.ask(sessionId, 'Read it'));
    const content = [{ type: 'text', text: 'Here a\0' }, image(id), { type: 'text', text: 'it is' }];
    const events = await ada.stream(sessionId, toolResult(call, { content }));
    const { message } = find(events, 'message.created').data;
    expect(message.content).toMatch(/^Here a\ufffd\n\[image 1: image\/gif, 32 × 16\]\nit is\n/);
    expect(message.attachments).toMatchObject([image(id)]);
    const [answer, note, user] = lastRequest().slice(-3);
    expect(answer).toMatchObject({ role: 'tool', content: message.content });
    expect(note).toMatchObject({ role: 'assistant' });
    expect(user).toMatchObject({ role: 'user', content: [{ type: 'text' }, shown('image/gif', bytes)] });
    const [{ tokens }] = (await app.database.rows('select tokens from messages where id = $1', [
      message.id,
    ])) as [{ tokens: number }];
    expect(tokens).toBeGreaterThan(1_500);
    expect(await uses(id)).toEqual([{ session_id: sessionId, purpose: 'messages' }]);
    expect((await ada.input(sessionId, toolResult(call, { content }))).status).toBe(200);
  });

  it('is told in words to a model that reads none', async () => {
    const id = await idOf(jpeg(8, 8));
    models.one.script(reads(), DONE);
    const call = callIn(await ada.ask(sessionId, 'Read it', { model: 'small' }));
    await ada.stream(sessionId, toolResult(call, { content: [image(id)] }));
    expect(lastRequest().at(-1)).toMatchObject({
      role: 'tool',
      content: expect.stringMatching(/^\[image 1: image\/jpeg, 8 × 8\]\n\n\(The images/),
    });
  });

  it.each([
    ['beside a result', { result: 'x', content: [{ type: 'text', text: 'x' }] }, 400, 'request.invalid'],
    ['without parts', { content: [] }, 400, 'request.invalid'],
    [
      'of more than 20',
      { content: Array.from({ length: 21 }, () => image('0'.repeat(64))) },
      400,
      'request.invalid',
    ],
    ['by what is no id', { content: [image('../../etc')] }, 400, 'request.invalid'],
    ['that the user has not stored', { content: [image('0'.repeat(64))] }, 409, 'blob.missing'],
  ])('is refused: %s', async (_, answer, status, code) => {
    models.one.script(reads());
    const call = callIn(await ada.ask(sessionId, 'Read it'));
    expect(await ada.input(sessionId, toolResult(call, answer))).toMatchObject({ status, body: { code } });
  });
});
