import { ClientRequest, IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LARGE_BODIES_LIMIT } from '../../src/shared/api/large-bodies.js';
import { BODY_LIMIT, LARGEST_BODY } from '../../src/shared/api/request-body.js';
import { isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { UNKNOWN, callIn, finish, reads } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

/** A body of this size in bytes. */
const bodyOf = (input: object, field: string, bytes: number) => {
  const empty = JSON.stringify({ ...input, [field]: '' }).length;
  return JSON.stringify({ ...input, [field]: 'x'.repeat(bytes - empty) });
};
const RESULT = { type: 'tool_result', call_id: UNKNOWN };
const resultOf = (bytes: number) => bodyOf(RESULT, 'result', bytes);

describe('Large bodies', () => {
  let app: TestApp;
  let sessionId: string;
  let messages: string;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'coder' });
    messages = `/v1/sessions/${sessionId}/messages`;
  });

  const post = (path: string, body: string) => app.client.call('POST', path, body);

  it('with the result of a tool are taken up to 8 MB, and their run goes on', async () => {
    app.model.script(reads(), finish('Done.'));
    const callId = callIn(await app.client.ask(sessionId, 'Look'));
    const body = bodyOf({ type: 'tool_result', call_id: callId }, 'result', LARGEST_BODY);
    const taken = await post(messages, body);
    expect([taken.status, taken.body.message.content.length <= 50_000]).toEqual([202, true]);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect((await post(messages, body)).status).toBe(200);
  });

  const user = (bytes: number) => bodyOf({ type: 'user_message' }, 'content', bytes);
  it.each<[string, string, () => string, RegExp]>([
    ['with a result', '', () => resultOf(LARGEST_BODY + 1), /8 MB.*send the end of it, or an `error`/],
    ['with a result', '/stream', () => resultOf(LARGEST_BODY + 1), /8 MB/],
    ['with a message', '', () => user(BODY_LIMIT + 1), /2 MB.*tool_result/],
    ['with a message', '/stream', () => user(BODY_LIMIT + 1), /2 MB/],
    ['with a decision', '', () => bodyOf({ type: 'hitl_decision' }, 'feedback', 3_000_000), /2 MB/],
    ['with nothing known', '', () => bodyOf({}, 'result', 3_000_000), /2 MB/],
    ['with a list', '', () => JSON.stringify([resultOf(3_000_000)]), /2 MB/],
  ])('%s are refused beyond the limit, at messages%s', async (_what, path, body, detail) => {
    for (const whole of [true, false]) {
      const { status, problem } = await send(messages + path, body(), whole).answer;
      expect([status, problem?.code]).toEqual([413, 'request.too_large']);
      expect(problem?.detail).toMatch(detail);
    }
  });

  it.each(['/v1/sessions', `/v1/sessions/${UNKNOWN}/messages/x`, `/v1/approvals/${UNKNOWN}/decision`])(
    'are refused beyond 2 MB elsewhere: %s',
    async (path) => {
      for (const whole of [true, false]) {
        const { status, problem } = await send(path, resultOf(BODY_LIMIT + 1), whole).answer;
        expect([status, problem?.code]).toEqual([413, 'request.too_large']);
      }
    },
  );

  it('are not decompressed', async () => {
    const body = gzipSync(resultOf(3_000_000));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const url = app.client.url + messages;
    for (const address of [url, `${app.client.url}/v1/blobs`]) {
      const answer = await fetch(address, { method: 'POST', headers, body });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({
        code: 'request.unsupported_media_type',
        detail: 'The request body is compressed: send it without Content-Encoding',
      });
    }
  });

  /** Sends a body, or all but its last bytes. @param whole whether its length is said before */
  function send(path: string, body: string, whole: boolean, withheld = 0) {
    const headers = {
      'content-type': 'application/json',
      ...(whole && { 'content-length': body.length }),
    };
    const sent = request(app.client.url + path, { method: 'POST', headers });
    sent.on('error', () => undefined); // its connection ends with the test, or by its will
    const isWritten = new Promise<unknown>((resolve) =>
      sent.write(body.slice(0, body.length - withheld), resolve),
    );
    if (withheld === 0) sent.end();
    return {
      ...{ sent, isWritten, answer: answerTo(sent) },
      finish: () => sent.end(body.slice(body.length - withheld)),
    };
  }

  /** As many uploads as there is room for, each without its last byte. */
  const fill = (whole: boolean) =>
    Array.from({ length: LARGE_BODIES_LIMIT / LARGEST_BODY }, () =>
      send(messages, resultOf(LARGEST_BODY), whole, 1),
    );

  it.each([
    ['that say their length', true],
    ['that do not', false],
  ])('of all clients together have 64 MB of memory: those %s', async (_what, whole) => {
    const { uploads, refused } = await eventually(async () => {
      const held = fill(whole);
      await Promise.all(held.map(({ isWritten }) => isWritten));
      const last = await send(messages, resultOf(1_100_000), whole).answer;
      if (last.status === 503) return { uploads: held, refused: last };
      for (const { sent } of held) sent.destroy(); // the last one was taken before one of these
      throw new Error(`there was room: ${last.status}`);
    });
    expect([refused.problem?.code, refused.retryAfter]).toEqual(['server.busy', '1']);
    // Images count with them.
    const image = await send('/v1/blobs', 'x'.repeat(1_100_000), whole).answer;
    expect(image).toMatchObject({ status: 503, problem: { code: 'server.busy' } });
    // Smaller ones do not count, and it is no matter whether they say their length.
    for (const said of [true, false]) {
      expect((await send(messages, resultOf(1_000_000), said).answer).status).toBe(404);
    }

    // An upload that is broken off makes room, as does one that is answered.
    uploads[0]!.sent.destroy();
    uploads[1]!.finish();
    expect((await uploads[1]!.answer).status).toBe(404);
    const [one, two] = await eventually(async () => {
      const next = await Promise.all(
        [resultOf(LARGEST_BODY), resultOf(LARGEST_BODY)].map((body) => post(messages, body)),
      );
      expect(next.map(({ status }) => status)).toEqual([404, 404]);
      return next;
    });
    expect([one!.body.code, two!.body.code]).toEqual(['tool_call.not_found', 'tool_call.not_found']);
    for (const { sent } of uploads) sent.destroy();
  });

  it('make room when they are accepted, though their stream stays open', async () => {
    const count = LARGE_BODIES_LIMIT / LARGEST_BODY + 1;
    app.model.script(...Array.from({ length: count }, () => reads()));
    const asked: { id: string; callId: string }[] = [];
    while (asked.length < count) {
      const id = await app.client.openSession({ agent: 'coder' });
      asked.push({ id, callId: callIn(await app.client.ask(id, 'Look')) });
    }
    app.model.reset();
    app.model.always({ text: 'Slowly, '.repeat(20_000), pace: { tokensPerSecond: 1, chunk: 8 } });
    const streams: ClientRequest[] = [];
    for (const { id, callId } of asked) {
      const body = bodyOf({ type: 'tool_result', call_id: callId }, 'result', LARGEST_BODY);
      const { sent } = send(`/v1/sessions/${id}/messages/stream`, body, true);
      const response = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
      expect(response.statusCode).toBe(200);
      streams.push(sent);
    }
    for (const stream of streams) stream.destroy();
  });
});

interface Refusal {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly problem: { code: string; detail: string } | undefined;
}

const answerTo = (sent: ClientRequest): Promise<Refusal> =>
  new Promise((resolve) => {
    const none = () => resolve({ status: undefined, retryAfter: undefined, problem: undefined });
    sent.once('response', (response) => {
      const { statusCode: status, headers } = response;
      Array.fromAsync<Buffer>(response)
        .then((parts) => {
          const text = Buffer.concat(parts).toString();
          const problem = headers['content-type']?.startsWith('application/problem+json');
          return resolve({
            status,
            retryAfter: headers['retry-after'],
            problem: problem ? (JSON.parse(text) as Refusal['problem']) : undefined,
          });
        })
        .catch(none);
    });
    sent.once('error', none);
  });
