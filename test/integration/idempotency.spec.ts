import { describe, expect, it } from 'vitest';
import { SentEvent, TestClient, isFinished, isWaiting, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  NOT_ATOMIC,
  PLAN,
  askedIn,
  callDecision,
  callIn,
  planDecision,
  propose,
  reads,
  toReview,
  toolResult,
  writes,
} from '../support/scenes.js';
import { app, count, keyed, keys, newKey, other, runsOf } from './support/idempotency.js';

/** Says the same twice with one key; the answers must not differ in anything but their date and id. */
async function twice(
  send: (client: TestClient) => ReturnType<TestClient['post']>,
): Promise<{ status: number; body: Awaited<ReturnType<TestClient['post']>>['body'] }> {
  const key = newKey();
  const first = await send(keyed(app.client, key));
  for (const { client } of [app, other]) {
    const again = await send(keyed(client, key));
    expect(again.status).toBe(first.status);
    expect(JSON.stringify(again.body)).toBe(JSON.stringify(first.body));
  }
  expect(first.status).toBeLessThan(300);
  return first;
}

describe('The same request with the same key', () => {
  it('opens one session', async () => {
    const before = await count('sessions');
    const { status, body } = await twice((client) =>
      client.post('/v1/sessions', { title: 'Once', metadata: { a: [1, { b: null }] } }),
    );
    expect(status).toBe(201);
    expect((await app.client.get(`/v1/sessions/${body.id}`)).body).toEqual(body);
    expect(await count('sessions')).toBe(before + 1);
  });

  it('may be written otherwise: only what the JSON says counts', async () => {
    const client = keyed(app.client);
    const first = await client.post('/v1/sessions', '{"title":"A","metadata":{"x":1,"y":2}}');
    const again = await client.post('/v1/sessions', '{ "metadata": {"y": 2, "x": 1.0}, "title": "\\u0041" }');
    expect(again.body).toEqual(first.body);
  });

  it('stores one message and begins one run, which is carried out unhindered', async () => {
    app.model.script(reads(), { text: 'It says hello.' });
    const sessionId = await app.client.openSession();
    const { body } = await twice((client) => client.say(sessionId, 'Read a.txt'));
    const events = await app.client.readUntil(sessionId, isWaiting);
    const call_id = callIn(events);
    await twice((client) => client.input(sessionId, toolResult(call_id, { result: 'hello' })));

    const whole = await app.client.readUntil(sessionId, isFinished);
    expect(whole.at(-1)!.data).toMatchObject({ status: 'completed', usage: { model_calls: 3 } });
    expect(app.model.requests).toHaveLength(2);
    expect(await runsOf(sessionId)).toBe(1);
    expect(await count('messages', `session_id = '${sessionId}' and role in ('user', 'tool')`)).toBe(2);

    const late = await keyed(app.client, `key ${keys - 1} ~!"`).say(sessionId, 'Read a.txt');
    expect(late.body).toEqual(body);
  });

  it('is counted and told once', async () => {
    const metric = async (name: string) =>
      (await app.metric(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    const COMMITS = 'sse_transaction_commits_total{operation="save_tool_result",status="success"}';
    const ENDS = 'sse_transaction_commits_total{operation="save_tool_result",';
    const REPLAYS = 'sse_transaction_duration_seconds_count{operation="save_tool_result",outcome="replayed"}';
    const SETTLED = 'tool_calls_total{tool="read_file",status="completed"}';
    const ALL = [COMMITS, ENDS, REPLAYS, SETTLED];
    const before = await Promise.all(ALL.map(metric));

    app.model.script(reads(), { text: 'Done.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const call_id = callIn(await app.client.ask(sessionId, 'Read'));
    const client = keyed(app.client);
    for (let n = 0; n < 3; n++) await client.input(sessionId, toolResult(call_id, { result: 'x' }));
    await app.client.readUntil(sessionId, isFinished);
    const after = await Promise.all(ALL.map(metric));
    expect(after.map((value, index) => value - before[index]!)).toEqual([1, 1, 2, 1]);
  });

  it('switches the agent once, and leaves the cursor where it was', async () => {
    const sessionId = await app.client.openSession();
    const key = newKey();
    const same = newKey();
    const switchTo = (name: string, agent: string) =>
      keyed(app.client, name).input(sessionId, { type: 'switch_agent', agent });
    const first = await switchTo(key, 'debug');
    const firstSame = await switchTo(same, 'debug');
    expect([first.status, firstSame.status]).toEqual([202, 200]);
    app.model.script({ text: 'Found it.' });
    await app.client.ask(sessionId, 'Look');
    expect((await switchTo(key, 'debug')).body).toEqual(first.body);
    expect((await switchTo(same, 'debug')).body).toEqual(firstSame.body);
    expect(await count('agent_switches', `session_id = '${sessionId}'`)).toBe(1);
  });

  it('streams what a switch of the agent led to, and nothing that came later', async () => {
    const sessionId = await app.client.openSession();
    const [key, same] = [newKey(), newKey()];
    const switching = (name: string) =>
      keyed(app.client, name).stream(sessionId, { type: 'switch_agent', agent: 'debug' });
    const first = await switching(key);
    expect(typesOf(first)).toEqual(['agent.switched', 'message.created']);
    expect(await switching(same)).toEqual([]);
    await app.client.input(sessionId, { type: 'switch_agent', agent: 'ask' });
    expect(await switching(key)).toEqual(first);
    expect(await switching(same)).toEqual([]);
  });

  it('decides once on a tool call, also as a decision on its approval', async () => {
    for (const decide of [
      (client: TestClient, sessionId: string, asked: { call_id: string }) =>
        client.input(sessionId, callDecision(asked.call_id, 'approve')),
      (client: TestClient, _: string, asked: { id: string }) =>
        client.post(`/v1/approvals/${asked.id}/decision`, { decision: 'approve' }),
    ]) {
      app.model.reset();
      app.model.script(writes(), { text: 'Written.' });
      const sessionId = await app.client.openSession({ agent: 'coder' });
      const asked = askedIn(await app.client.ask(sessionId, 'Write'));
      const { status, body } = await twice((client) => decide(client, sessionId, asked));
      expect([status, body.approval.status]).toEqual([202, 'approved']);
      const events = await app.client.readUntil(
        sessionId,
        ({ id }) => BigInt(id) > BigInt(body.last_event_id),
      );
      expect(events.at(-1)!.type).toBe('approval.resolved');
    }
  });

  it('decides once on a plan, though another one may be in review meanwhile', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose(), propose({ ...PLAN, title: 'A better one' }));
    const { sessionId, planId } = await toReview(app);
    const key = newKey();
    const modify = planDecision(planId, 'modify', { feedback: 'better' });
    const answers = await Promise.all(
      [app, other, app, other].map(({ client }) => keyed(client, key).input(sessionId, modify)),
    );
    const [first] = answers as [(typeof answers)[0]];
    expect(first.status).toBe(202);
    for (const { body } of answers) expect(body).toEqual(first.body);
    await eventually(async () =>
      expect((await app.client.get(`/v1/plans/${planId}`)).body).toMatchObject({
        version: 2,
        status: 'review',
      }),
    );
    const again = await keyed(other.client, key).input(sessionId, modify);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect((await app.client.get(`/v1/plans/${planId}`)).body).toMatchObject({
      version: 2,
      status: 'review',
    });
    expect(app.model.requests).toHaveLength(2);
  });

  it('cancels a run once, also where it has ended since', async () => {
    app.model.script({ text: 'word '.repeat(500), pace: { chunk: 5, tokensPerSecond: 50 } });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const { body } = await app.client.say(sessionId, 'Talk');
    const key = newKey();
    const cancel = (client: TestClient) => keyed(client, key).post(`/v1/runs/${body.run.id}/cancel`);
    const first = await cancel(app.client);
    expect(first.status).toBe(202);
    await app.client.readUntil(sessionId, isFinished);
    const again = await cancel(other.client);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect((await app.client.post(`/v1/runs/${body.run.id}/cancel`)).status).toBe(200);
  });

  it('cancels a plan once, and retries one once', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script(
      propose({ ...PLAN, subtasks: [PLAN.subtasks[0]] }),
      { status: 400 },
      { status: 400 },
      { ...reads(), pace: { firstTokenMs: 200 } },
    );
    const { sessionId, planId } = await toReview(app);
    await app.client.stream(sessionId, planDecision(planId, 'approve'));

    const key = newKey();
    const [retried] = await Promise.all(
      [app, other, app, other].map(({ client }) => keyed(client, key).post(`/v1/plans/${planId}/retry`)),
    );
    expect(retried!.status).toBe(202);
    await app.client.readUntil(sessionId, isWaiting, retried!.body.last_event_id);
    expect(app.model.requests).toHaveLength(4);
    const [cancelKey, reason] = [newKey(), { reason: 'enough' }];
    const cancelled = await keyed(app.client, cancelKey).post(`/v1/plans/${planId}/cancel`, reason);
    expect([cancelled.status, cancelled.body.plan.status]).toEqual([202, 'cancelled']);

    const { plan: _, ...again } = (await keyed(other.client, key).post(`/v1/plans/${planId}/retry`)).body;
    const { plan: __, ...before } = retried!.body;
    expect(again).toEqual(before);
    const repeated = await keyed(other.client, cancelKey).post(`/v1/plans/${planId}/cancel`, reason);
    expect([repeated.status, repeated.body]).toEqual([202, cancelled.body]);
    expect(await runsOf(sessionId)).toBe(2);
  });
});

describe('A message with a key that finds its session busy', () => {
  /** A session whose run waits for its tool. */
  const toWaiting = async () => {
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const events = await app.client.ask(sessionId, 'Read');
    return { sessionId, call_id: callIn(events) };
  };

  it('is queued once, and its repeat gets the same answer before and after its turn has come', async () => {
    app.model.script(reads(), { text: 'Read.' }, { text: 'Then this.' });
    const { sessionId, call_id } = await toWaiting();
    const key = newKey();
    const say = (client: TestClient) => keyed(client, key).say(sessionId, 'Then', { on_busy: 'queue' });
    const answers = await Promise.all([app, other, app, other].map(({ client }) => say(client)));
    const [first] = answers as [(typeof answers)[0]];
    expect([first.status, first.body.run.status]).toEqual([202, 'queued']);
    for (const { body } of answers) expect(body).toEqual(first.body);

    await app.client.stream(sessionId, toolResult(call_id, { result: 'x' }));
    const isSecondEnd = (event: SentEvent) => isFinished(event) && event.run_id === first.body.run.id;
    await app.client.readUntil(sessionId, isSecondEnd);
    expect((await say(other.client)).body).toEqual(first.body);
    expect(await runsOf(sessionId)).toBe(2);
    expect(await count('messages', `session_id = '${sessionId}' and role = 'user'`)).toBe(2);
  });

  it('ends what was active once: its repeat ends nothing that came later', async () => {
    app.model.script(reads(), reads());
    const { sessionId } = await toWaiting();
    const key = newKey();
    const say = (client: TestClient) =>
      keyed(client, key).say(sessionId, 'Instead', { on_busy: 'interrupt' });
    const first = await say(app.client);
    const isSecondRest = (event: SentEvent) => isWaiting(event) && event.run_id === first.body.run.id;
    await app.client.readUntil(sessionId, isSecondRest);
    for (const { client } of [app, other]) expect((await say(client)).body).toEqual(first.body);
    const { body } = await app.client.get(`/v1/sessions/${sessionId}/runs`);
    expect(body.data.map(({ status }: { status: string }) => status)).toEqual(['waiting', 'cancelled']);
  });

  it('is refused or served anew where it was refused: nothing of a refusal is kept', async () => {
    app.model.script(reads(), { text: 'Read.' }, { text: 'More.' });
    const { sessionId } = await toWaiting();
    const client = keyed(app.client);
    expect((await client.say(sessionId, 'More')).status).toBe(409);
    expect((await client.say(sessionId, 'More', { on_busy: 'queue' })).status).toBe(202);
    expect((await client.say(sessionId, 'More')).status).toBe(422);
  });
});

describe('Another request with a key that was used', () => {
  const refused = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];
  const REUSED = [422, 'idempotency.key_reused'];

  it('is refused where the body is another one, and changes nothing', async () => {
    const client = keyed(app.client);
    await client.post('/v1/sessions', { title: 'One' });
    const before = await count('sessions');
    const answer = await client.post('/v1/sessions', { title: 'Two' });
    expect(refused(answer)).toEqual(REUSED);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await count('sessions')).toBe(before);
    expect((await client.post('/v1/sessions', { title: 'One' })).status).toBe(201);
  });

  it('is refused where the address is another one', async () => {
    app.model.always({ text: 'Yes.' });
    const [sessionId, second] = [await app.client.openSession(), await app.client.openSession()];
    const client = keyed(app.client);
    const input = { type: 'user_message', content: 'Hello', agent: 'ask' };
    expect((await client.input(sessionId, input)).status).toBe(202);
    expect(refused(await client.input(second, input))).toEqual(REUSED);
    expect(refused(await client.post(`/v1/sessions/${sessionId}/messages/stream`, input))).toEqual(REUSED);
    await expect(client.stream(second, input)).rejects.toThrow('422');
    expect(await runsOf(second)).toBe(0);
  });

  it('is served where the user is another one', async () => {
    const client = keyed(app.client);
    const mine = await client.post('/v1/sessions', { title: 'Mine' });
    await app.database.rows(`update idempotency_keys set user_id = 'mallory' where key = $1`, [
      `key ${keys} ~!"`,
    ]);
    const theirs = await client.post('/v1/sessions', { title: 'Theirs' });
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
    expect(await count('idempotency_keys', `key = 'key ${keys} ~!"'`)).toBe(2);
  });

  it('is served where the method is no POST: there a key means nothing', async () => {
    const client = keyed(app.client);
    const sessionId = await client.openSession();
    for (const title of ['One', 'Two']) {
      const { status, body } = await client.call('PATCH', `/v1/sessions/${sessionId}`, { title });
      expect([status, body.title]).toEqual([200, title]);
    }
    const long = app.client.with({ 'idempotency-key': 'x'.repeat(300) });
    expect((await long.get(`/v1/sessions/${sessionId}`)).status).toBe(200);
  });
});

describe('A request that was refused', () => {
  it('may be repeated with its key when the session is free (409)', async () => {
    app.model.script(reads(), { text: 'Done.' }, { text: 'Now.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const call_id = callIn(await app.client.ask(sessionId, 'Read'));
    const client = keyed(app.client);
    expect((await client.say(sessionId, 'More')).body.code).toBe('run.in_progress');
    expect((await client.say(sessionId, 'More')).body.code).toBe('run.in_progress');
    await app.client.stream(sessionId, toolResult(call_id, { result: 'x' }));
    const taken = await client.say(sessionId, 'More');
    expect(taken.status).toBe(202);
    expect((await client.say(sessionId, 'More')).body).toEqual(taken.body);
    await app.client.readUntil(sessionId, isFinished, taken.body.last_event_id);
  });

  it('may be repeated with its key when there is what was missing (404)', async () => {
    const sessionId = await app.client.openSession();
    const gone = (at: string) =>
      app.database.rows(`update sessions set deleted_at = ${at} where id = $1`, [sessionId]);
    const client = keyed(app.client);
    await gone('now()');
    const input = { type: 'switch_agent', agent: 'debug' };
    expect((await client.input(sessionId, input)).status).toBe(404);
    await gone('null');
    expect((await client.input(sessionId, input)).status).toBe(202);
  });

  it('may be put right under the same key (400)', async () => {
    const client = keyed(app.client);
    expect((await client.post('/v1/sessions', { title: '' })).status).toBe(400);
    expect((await client.post('/v1/sessions', { title: 'Right' })).status).toBe(201);
  });

  it('keeps the answer it got, also when its session is gone', async () => {
    app.model.script({ text: 'Yes.' });
    const opening = keyed(app.client);
    const session = await opening.post('/v1/sessions', { agent: 'ask' });
    const saying = keyed(app.client);
    const said = await saying.say(session.body.id, 'Hello');
    await app.client.readUntil(session.body.id, isFinished);
    await app.client.call('DELETE', `/v1/sessions/${session.body.id}`);
    expect((await opening.post('/v1/sessions', { agent: 'ask' })).body).toEqual(session.body);
    expect((await saying.say(session.body.id, 'Hello')).body).toEqual(said.body);
  });
});

describe('A request that ends something', () => {
  const repeated = async (path: string, sessionId: string, end: () => Promise<unknown>) => {
    const client = keyed(app.client);
    const first = await client.post(path);
    await end();
    await app.client.call('DELETE', `/v1/sessions/${sessionId}`);
    const again = await client.post(path);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect((await app.client.post(path)).status).toBe(404);
    return first;
  };

  it('keeps its answer also when its session is gone: a run', async () => {
    app.model.script(reads());
    const sessionId = await app.client.openSession({ agent: 'coder' });
    const [event] = await app.client.ask(sessionId, 'Look');
    const end = () => app.client.readUntil(sessionId, isFinished);
    expect((await repeated(`/v1/runs/${event!.run_id}/cancel`, sessionId, end)).status).toBe(202);
  });

  it('keeps its answer also when its session is gone: a plan', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose());
    const { sessionId, planId } = await toReview(app);
    const end = () => app.client.readUntil(sessionId, isFinished);
    const first = await repeated(`/v1/plans/${planId}/cancel`, sessionId, end);
    expect(first.body.plan.status).toBe('cancelled');
  });

  it('keeps its answer also when its session is gone: a job', async () => {
    const sessionId = await app.client.openSession();
    const request = { session_id: sessionId, query: 'Look' };
    const { body } = await app.client.post('/v1/jobs/agents/ask/1.0.0', request);
    const first = await repeated(`/v1/jobs/${body.job_id}/cancel`, sessionId, () => Promise.resolve());
    expect(first.body.status).toBe('cancelled');
  });
});
