import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, deltasOf, isFinished, typesOf } from '../support/client.js';
import { all, find } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const THOUGHT = 'The question is about locks: é 😀. ';
const SAID = 'A lock that ends by itself.';
const ANSWER = { reasoning: THOUGHT, text: SAID };
const SLOW = { chunk: 5, tokensPerSecond: 60 };
const LONG = 'thinking on and on '.repeat(20);

/** What the deltas of reasoning add up to, by message. */
const thoughtsOf = (events: readonly SentEvent[]) => deltasOf(events, 'message.reasoning_delta');

let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start({ RUN_LEASE_SECONDS: '3' });
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'ask' });
});

const ask = (content = 'What is a lease?') => app.client.ask(sessionId, content);
const until = (type: SentEvent['type']) => app.client.readUntil(sessionId, (event) => event.type === type);
const history = async () => {
  const { body } = await app.client.get(`/v1/sessions/${sessionId}/messages`);
  return body.data as { role: string; content: string; reasoning: string | null; finish_reason: string }[];
};
const stored = () =>
  app.database.rows(
    `select reasoning from messages where session_id = $1 and role = 'assistant' order by position`,
    [sessionId],
  );
/** What the model is sent of its own reasoning, with each message. */
const returned = () =>
  app.model.requests
    .at(-1)!
    .messages.flatMap((message) =>
      message.role === 'assistant' ? [(message as { reasoning_content?: string }).reasoning_content] : [],
    );

describe('the reasoning of a model', () => {
  it('is shown before the text, in pieces with offsets of their own, and kept with the message', async () => {
    app.model.script({ ...ANSWER, pace: { chunk: 3, tokensPerSecond: 300 } });
    const events = await ask();
    const { message_id, reasoning, content } = find(events, 'message.completed').data;
    expect({ reasoning, content }).toEqual({ reasoning: THOUGHT, content: SAID });
    expect([...thoughtsOf(events)]).toEqual([[message_id, THOUGHT]]);
    expect([...deltasOf(events)]).toEqual([[message_id, SAID]]);
    const types = typesOf(events);
    expect(types.lastIndexOf('message.reasoning_delta')).toBeLessThan(types.indexOf('message.delta'));
    expect(types.filter((type) => type === 'message.reasoning_delta').length).toBeGreaterThan(1);
    expect(await history()).toMatchObject([
      { role: 'user', reasoning: null },
      { role: 'assistant', content: SAID, reasoning: THOUGHT },
    ]);
    const rows = await app.database.rows<{ kind: number; text: string }>(
      `select kind, string_agg(text, '' order by seq) as text from deltas where message_id = $1 group by 1 order by 1`,
      [message_id],
    );
    expect(rows).toEqual([
      { kind: 1, text: SAID },
      { kind: 2, text: THOUGHT },
    ]);
  });

  it('is absent where there is none', async () => {
    app.model.script({ text: SAID });
    const events = await ask();
    expect(find(events, 'message.completed').data).not.toHaveProperty('reasoning');
    expect(thoughtsOf(events).size).toBe(0);
    expect((await history()).map(({ reasoning }) => reasoning)).toEqual([null, null]);
  });

  it('that broke off is forgotten, and begins anew in another message', async () => {
    app.model.script({ ...ANSWER, cutAfterChunks: 3 }, ANSWER);
    const events = await ask();
    const [first, second] = all(events, 'message.started').map(({ data }) => data.message_id);
    expect(first).not.toBe(second);
    expect(find(events, 'message.discarded').data).toMatchObject({ message_id: first });
    const begun = events.slice(0, typesOf(events).indexOf('message.discarded'));
    expect(thoughtsOf(begun).get(first!)).not.toBe('');
    expect([...thoughtsOf(events)]).toEqual([[second, THOUGHT]]);
    expect(find(events, 'message.completed').data).toMatchObject({ message_id: second, reasoning: THOUGHT });
  });

  it('of an answer that goes on stays one text, and tells where the second answer begins', async () => {
    const [cut, rest] = ['The first half, ', 'and the second.'];
    app.model.script(
      { reasoning: 'One.', text: cut, finishReason: 'length' },
      { reasoning: 'Two.', text: rest, pace: { chunk: 2, tokensPerSecond: 200 } },
      ANSWER,
    );
    const events = await ask();
    const { message_id, reasoning, content } = find(events, 'message.completed').data;
    expect({ reasoning, content }).toEqual({ reasoning: 'One.\n\nTwo.', content: cut + rest });
    expect([...thoughtsOf(events)]).toEqual([[message_id, reasoning]]);
    expect([...deltasOf(events)]).toEqual([[message_id, content]]);
    expect(await stored()).toMatchObject([{ reasoning: { text: reasoning, offset: cut.length } }]);
    await ask('And then?');
    expect(returned()).toEqual([reasoning]);
  });

  it.each<[what: string, first: string | undefined, second: object, is: string | undefined]>([
    ['only the first answer has', 'One.', { text: 'and the second.' }, 'One.'],
    ['only the second answer has', undefined, { text: 'and the second.', reasoning: 'Two.' }, 'Two.'],
    ['the second answer is refused after', 'One.', { status: 500 }, 'One.'],
    [
      'the second answer breaks off in',
      'One.',
      { text: 'and', reasoning: 'Two, and more.', pace: { chunk: 5 }, cutAfterChunks: 3 },
      undefined,
    ],
  ])('that %s is what readers were shown', async (_, first, second, is) => {
    const cut = { text: 'The first half, ', finishReason: 'length' };
    app.model.script({ ...cut, ...(first !== undefined && { reasoning: first }) }, second as typeof cut);
    const events = await ask();
    const { reasoning, message_id } = find(events, 'message.completed').data;
    expect(reasoning).toBe(is ?? thoughtsOf(events).get(message_id));
    expect([...thoughtsOf(events).values()]).toEqual([reasoning]);
    expect((await history()).at(-1)!.reasoning).toBe(reasoning);
  });

  it('is forgotten if the run is cancelled before the first word', async () => {
    app.model.script({ reasoning: LONG, text: SAID, pace: SLOW });
    const { body } = await app.client.say(sessionId, 'Think');
    await until('message.reasoning_delta');
    await app.client.post(`/v1/runs/${body.run.id}/cancel`);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(find(events, 'message.discarded').data).toMatchObject({ reason: 'cancelled' });
    expect((await history()).map(({ role }) => role)).toEqual(['user']);
  });

  it('is kept with a text that is cancelled, and goes back to no model', async () => {
    app.model.script({ reasoning: THOUGHT, text: LONG, pace: SLOW }, ANSWER);
    const { body } = await app.client.say(sessionId, 'Speak');
    await until('message.delta');
    await app.client.post(`/v1/runs/${body.run.id}/cancel`);
    const events = await app.client.readUntil(sessionId, isFinished);
    const { reasoning, finish_reason } = find(events, 'message.completed').data;
    expect({ reasoning, finish_reason }).toEqual({ reasoning: THOUGHT, finish_reason: 'cancelled' });
    expect((await history()).at(-1)).toMatchObject({ reasoning: THOUGHT });
    await ask();
    expect(returned()).toEqual([undefined]);
  });
});

describe('a process that is lost while the model reasons', () => {
  const lose = async (column = 'now()') => {
    await app.database.rows(
      `update runs set lease_token = gen_random_uuid(), lease_owner = 'another process', lease_expires_at = ${column}
        where session_id = $1 and status = 'running'`,
      [sessionId],
    );
  };

  it('loses nothing of it: the next one begins a new message, and shows all of it', async () => {
    app.model.script({ reasoning: LONG, text: SAID, pace: SLOW }, { reasoning: LONG, text: SAID });
    await app.client.say(sessionId, 'Think');
    await until('message.reasoning_delta');
    await lose();
    const events = await app.client.readUntil(sessionId, isFinished);
    const [first, second] = all(events, 'message.started').map(({ data }) => data.message_id);
    expect(find(events, 'message.discarded').data).toEqual({ message_id: first, reason: 'recovery' });
    expect([...thoughtsOf(events)]).toEqual([[second, LONG]]);
    expect(find(events, 'message.completed').data).toMatchObject({ message_id: second, reasoning: LONG });
    expect((await history()).at(-1)!.reasoning).toBe(LONG);
  });

  it('leaves it to the next one, which keeps it with the text of a cancelled run', async () => {
    app.model.script({ reasoning: THOUGHT, text: LONG, pace: SLOW });
    const { body } = await app.client.say(sessionId, 'Speak');
    await until('message.delta');
    await lose(`now() + interval '1 minute'`);
    await app.client.post(`/v1/runs/${body.run.id}/cancel`);
    await lose();
    const events = await app.client.readUntil(sessionId, isFinished);
    const { reasoning, content } = find(events, 'message.completed').data;
    expect([...thoughtsOf(events).values()]).toEqual([reasoning]);
    expect([...deltasOf(events).values()]).toEqual([content]);
    expect(reasoning).toBe(THOUGHT);
    expect(await stored()).toEqual([{ reasoning: { provider: '', model: '', text: THOUGHT, opaque: {} } }]);
  });
});
