import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { UNKNOWN, all, askedIn, callDecision, find, reads, writes } from '../support/scenes.js';
import { held } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

const SLOW = { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 60 } };

let app: TestApp;
let other: TestApp;
let sessionId: string;

beforeAll(async () => {
  // No lease runs out and no renewal comes while these tests last: what reaches another process is the notice.
  app = await TestApp.start({ RUN_LEASE_SECONDS: '3600' });
  other = await TestApp.start({ RUN_LEASE_SECONDS: '3600' }, { database: app.database, model: app.model });
});
afterAll(async () => {
  await other.stop();
  await app.stop();
});
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'ask' });
});

const say = (content: string, more: object = {}) => app.client.say(sessionId, content, more);
const speaks = () => app.client.readUntil(sessionId, (event) => event.type === 'message.delta');
const cancel = (runId: string, from = app) => from.client.post(`/v1/runs/${runId}/cancel`);
const statuses = async () =>
  (await app.database.rows('select status from runs where session_id = $1 order by id', [sessionId])).map(
    ({ status }) => status,
  );

/** How many transactions wait for a lock with a statement of this text. */
const waitingFor = async (statement: string) => {
  const [row] = await app.database.rows<{ waiting: number }>(
    `select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%' || $1 || '%'`,
    [statement],
  );
  return row!.waiting;
};

describe('cancelling a run', () => {
  it.each([
    ['here', () => app],
    ['on another instance', () => other],
  ])('that speaks, asked %s, cuts it short and keeps what was said', async (_where, from) => {
    app.model.script(SLOW);
    const { body } = await say('Say it');
    await speaks();
    const cancelled = await cancel(body.run.id, from());
    expect(cancelled.status).toBe(202);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    const cut = find(events, 'message.completed').data;
    expect(cut).toMatchObject({ finish_reason: 'cancelled' });
    expect(cut.content).toMatch(/^word /);
    const stored = await app.database.rows(
      `select content, finish_reason from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(stored).toEqual([{ content: cut['content'], finish_reason: 'cancelled' }]);
    const ledger = await app.database.rows('select status from llm_calls where session_id = $1', [sessionId]);
    expect(ledger).toEqual([{ status: 'aborted' }]);
    const again = await cancel(body.run.id);
    expect([again.status, again.body.status]).toEqual([200, 'cancelled']);
  });

  it('that waits settles its tool calls and approvals', async () => {
    app.model.script({ calls: [...reads().calls, ...writes().calls] });
    const asked = await app.client.ask(sessionId, 'Look', { agent: 'coder' });
    const approval = askedIn(asked);
    const cancelled = await cancel(asked[0]!.run_id!);
    expect([cancelled.status, cancelled.body.status]).toEqual([202, 'cancelled']);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'tool_call.settled').map(({ data }) => data.status)).toEqual([
      'cancelled',
      'cancelled',
    ]);
    expect(find(events, 'approval.resolved').data).toMatchObject({
      approval_id: approval.id,
      decision: 'cancel',
    });
    expect(typesOf(events).at(-1)).toBe('run.finished');
    const late = await app.client.input(sessionId, callDecision(approval.call_id, 'approve'));
    expect(late.body).toMatchObject({
      status: 409,
      code: 'approval.already_decided',
      approval_status: 'cancelled',
    });
  });

  it('leaves a conversation that strict chat templates accept, and that is not rewritten', async () => {
    const prompts = () => app.model.requests.map(({ messages }) => messages);
    const cancelWaiting = async (content: string) =>
      cancel((await app.client.ask(sessionId, content))[0]!.run_id!);
    app.model.script(reads(), { status: 400 }, { text: 'Here I am.' });
    await cancelWaiting('one'); // leaves a call without an answer
    await app.client.ask(sessionId, 'two'); // refused by the provider
    await app.client.ask(sessionId, 'three');
    const roles = prompts().map((messages) => messages.map(({ role }) => role).join(' '));
    expect(roles).toEqual([
      'system user',
      'system user assistant tool assistant user',
      'system user assistant tool assistant user assistant user',
    ]);
    const [first, second, third] = prompts();
    expect(second!.slice(0, first!.length)).toEqual(first);
    expect(third!.slice(0, second!.length)).toEqual(second);
  });

  it('whose process is gone is cancelled by the process that takes it over', async () => {
    app.model.script(SLOW);
    const { body } = await say('Say it');
    await speaks();
    await app.database.rows(
      `update runs set lease_token = gen_random_uuid(), cancel_requested_at = now() where session_id = $1`,
      [sessionId],
    );
    await app.database.rows(
      `update runs set lease_expires_at = now() - interval '1 second' where session_id = $1`,
      [sessionId],
    );
    const third = await TestApp.start({}, { database: app.database, model: app.model });
    try {
      const events = await third.client.readUntil(sessionId, isFinished);
      expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
      expect(find(events, 'message.completed').data).toMatchObject({ finish_reason: 'cancelled' });
      expect((await cancel(body.run.id)).status).toBe(200);
    } finally {
      await third.stop();
    }
  });

  it('that does not exist, or belongs to another user, is answered as not found', async () => {
    app.model.script(reads());
    const asked = await app.client.ask(sessionId, 'Look');
    await app.database.rows(`update runs set user_id = 'mallory' where session_id = $1`, [sessionId]);
    for (const id of [UNKNOWN, 'nonsense', asked[0]!.run_id!]) {
      expect((await cancel(id)).body).toMatchObject({ status: 404, code: 'run.not_found' });
    }
    expect(await statuses()).toEqual(['waiting']);
  });

  it('20 times at once ends it once', async () => {
    app.model.script(SLOW);
    const { body } = await say('Say it');
    await speaks();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => cancel(body.run.id, n % 2 ? app : other)),
    );
    expect(answers.every(({ status }) => status === 202 || status === 200)).toBe(true);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'run.finished')).toHaveLength(1);
  });
});

describe('a message to a busy session', () => {
  it('is refused unless it says otherwise', async () => {
    app.model.script(reads());
    await app.client.ask(sessionId, 'First');
    expect((await say('Second')).body).toMatchObject({ status: 409, code: 'run.in_progress' });
  });

  it('may wait for its turn, in order', async () => {
    const [one, letGo] = held({ text: 'One.' });
    app.model.script(one, { text: 'Two.' }, { text: 'Three.' });
    await say('First');
    const second = await say('Second', { on_busy: 'queue' });
    const third = await say('Third', { on_busy: 'queue', agent: 'debug' });
    expect([second.status, second.body.run.status, third.body.run.status]).toEqual([202, 'queued', 'queued']);
    expect(second.body.message).toBeUndefined();
    letGo();
    const events = await app.client.readUntil(
      sessionId,
      (event) => isFinished(event) && event.run_id === third.body.run.id,
    );
    expect(
      all(events, 'run.started')
        .map(({ run_id }) => run_id)
        .slice(1),
    ).toEqual([second.body.run.id, third.body.run.id]);
    const { body: history } = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(history.data.map(({ content }: { content: string }) => content)).toEqual([
      ...['First', 'One.', 'Second', 'Two.', 'Third', 'Three.'],
    ]);
    expect(find(events, 'agent.switched').data).toMatchObject({ to: 'debug' });
  });

  it('does not overtake the one before it, which another process is about to begin', async () => {
    app.model.script(reads(), { text: 'One' }, { text: 'Two' });
    const [begun] = await app.client.ask(sessionId, 'Look');
    const queued: string[] = [];
    for (const content of ['First', 'Second', 'Third'])
      queued.push((await say(content, { on_busy: 'queue' })).body.run.id as string);
    const tries = await app.growth(
      'sse_transaction_commits_total{operation="start_queued_run",status="success"}',
    );
    const letGo = await app.database.lock('select from runs where id = $1 for no key update', [queued[0]!]);
    await cancel(begun!.run_id!);
    await eventually(async () => expect(Object.keys(await tries())).toHaveLength(1));
    expect(await statuses()).toEqual(['cancelled', 'queued', 'queued', 'queued']);
    await letGo();
    await cancel(queued[2]!); // its end is the next occasion to look
    const events = await app.client.readUntil(
      sessionId,
      (event) => isFinished(event) && event.run_id === queued[1],
    );
    expect(all(events, 'run.started').map(({ run_id }) => run_id)).toEqual([
      begun!.run_id,
      ...queued.slice(0, 2),
    ]);
  });

  it('does not overtake a message that is about to begin, after the run before has ended', async () => {
    app.model.script(reads(), { text: 'One.' }, { text: 'Two.' }, { text: 'Three.' });
    const [begun] = await app.client.ask(sessionId, 'Look');
    const first = (await say('First', { on_busy: 'queue' })).body.run.id;
    const letGo = await app.database.lock('select from runs where id = $1 for no key update', [first]);
    await cancel(begun!.run_id!);
    await app.client.readUntil(sessionId, isFinished);
    expect((await say('Second')).body).toMatchObject({ status: 409, code: 'run.in_progress' });
    const second = (await say('Second', { on_busy: 'steer' })).body.run;
    expect(second.status).toBe('queued');
    await letGo();
    const third = (await say('Third', { on_busy: 'queue' })).body.run.id; // begins the first one
    const events = await app.client.readUntil(
      sessionId,
      (event) => isFinished(event) && event.run_id === third,
    );
    expect(all(events, 'run.started').map(({ run_id }) => run_id)).toEqual([
      ...[begun!.run_id, first, second.id, third],
    ]);
  });

  it('does not overtake what was said to a run that ends at this moment', async () => {
    app.model.script(reads(), { text: 'One.' });
    const [begun] = await app.client.ask(sessionId, 'Look');
    await say('First', { on_busy: 'steer' });
    // The end of the run is stored but for its events.
    const letGo = await app.database.lock('select from event_streams where session_id = $1 for update', [
      sessionId,
    ]);
    const ended = cancel(begun!.run_id!);
    await eventually(async () => expect(await waitingFor('append_events')).toBe(1));
    const second = say('Second');
    await eventually(async () => expect(await waitingFor('insert into runs')).toBe(1));
    await letGo();
    expect((await ended).status).toBe(202);
    expect((await second).body).toMatchObject({ status: 409, code: 'run.in_progress' });
    const events = await app.client.readUntil(
      sessionId,
      (event) => isFinished(event) && event.run_id !== begun!.run_id,
    );
    expect(all(events, 'message.created').map(({ data }) => data.message.content)).toEqual(['Look', 'First']);
  });

  it('that waits can be watched from the request on', async () => {
    const [one, letGo] = held({ text: 'One.' });
    app.model.script(one, { text: 'Two.' });
    await say('First');
    const asking = app.client.ask(sessionId, 'Second', { on_busy: 'queue' });
    await eventually(async () => expect(await statuses()).toEqual(['running', 'queued']));
    letGo();
    const events = await asking;
    expect(typesOf(events).slice(0, 2)).toEqual(['message.created', 'run.started']);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('that waits can be cancelled before its turn', async () => {
    app.model.script(reads(), { text: 'Never.' });
    await app.client.ask(sessionId, 'First');
    const { body } = await say('Second', { on_busy: 'queue' });
    const cancelled = await cancel(body.run.id);
    expect([cancelled.status, cancelled.body.status]).toEqual([202, 'cancelled']);
    expect(await statuses()).toEqual(['waiting', 'cancelled']);
  });

  it('that waits gets its turn though the process that took it is gone', async () => {
    app.model.script(reads(), { text: 'Two.' });
    const asked = await app.client.ask(sessionId, 'First');
    await say('Second', { on_busy: 'queue' });
    // As if the process had been killed between the end of the first run and the start of the second.
    await app.database.rows(
      `update runs set status = 'cancelled', phase = 'completed', finished_at = now() where id = $1`,
      [asked[0]!.run_id],
    );
    const third = await TestApp.start({}, { database: app.database, model: app.model });
    try {
      const events = await third.client.readUntil(sessionId, isFinished);
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    } finally {
      await third.stop();
    }
  });

  it('may end the active run and follow it, also when that waits', async () => {
    app.model.script(SLOW, reads(), { text: 'Three.' });
    await say('First');
    await speaks();
    const second = await say('Second', { on_busy: 'interrupt' });
    expect(second.status).toBe(202);
    await app.client.readUntil(sessionId, (event) => event.type === 'run.waiting');
    const third = await app.client.ask(sessionId, 'Third', { on_busy: 'interrupt' });
    expect(third.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(await statuses()).toEqual(['cancelled', 'cancelled', 'completed']);
  });

  it('waits only so long a queue', async () => {
    app.model.script(reads());
    await app.client.ask(sessionId, 'First');
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, n) => say(`${n}`, { on_busy: 'queue' })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(20);
    expect(answers.filter(({ body }) => body.code === 'run.queue_full')).toHaveLength(5);
  });

  it('sent by 20 at once to an idle session begins one run after the other', async () => {
    app.model.always({ text: 'Yes.' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 ? app : other).client.say(sessionId, `${n}`, { on_busy: 'queue' }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    await eventually(async () => expect(await statuses()).toEqual(answers.map(() => 'completed')));
    const { body } = await app.client.get(`/v1/sessions/${sessionId}`);
    const events = await app.client.readUntil(sessionId, (event) => event.id === body.last_event_id);
    const order = events.filter(({ type }) => type === 'run.started' || type === 'run.finished');
    expect(order.map(({ type }) => type)).toEqual(answers.flatMap(() => ['run.started', 'run.finished']));
  });
});
