import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionBusy } from '../../src/modules/sessions/index.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { SentEvent, isFinished, isWaiting, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  NOT_ATOMIC,
  UNKNOWN,
  all,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  planDecision,
  planIdIn,
  propose,
  reads,
  toReview,
  toolResult,
  writes,
} from '../support/scenes.js';
import { Reply } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

const SLOW = { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 60 } };
const ANSWER = { text: 'Done.' };

let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start({ RUN_LEASE_SECONDS: '3', LLM_MAX_RETRIES: '0' });
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'coder' });
});

const steer = (content: string, more: object = {}) =>
  app.client.say(sessionId, content, { on_busy: 'steer', ...more });
const withdraw = (steerId: string, session = sessionId) =>
  app.client.call('DELETE', `/v1/sessions/${session}/steers/${steerId}`);
/** As if it were one of another session of its user. */
const withdrawElsewhere = async (steerId: string) => {
  const { body } = await withdraw(steerId, await app.client.openSession());
  return body.code as string;
};
const result = (callId: string) => app.client.input(sessionId, toolResult(callId));
const cancel = (runId: string) => app.client.post(`/v1/runs/${runId}/cancel`);
const until = (type: SentEvent['type'], after = '0') =>
  app.client.readUntil(sessionId, (event) => event.type === type, after);
/** Up to the end of the n-th run that ends. */
const untilEnd = (runs = 1) => {
  let ended = 0;
  return app.client.readUntil(sessionId, (event) => isFinished(event) && ++ended === runs);
};
const waiting = async () => {
  const { body } = await app.client.get(`/v1/sessions/${sessionId}`);
  return (body.steers as { id: string; content: string }[]).map(({ content }) => content);
};
const prompt = (n: number) => app.model.requests.at(n)!.messages;
const said = async () =>
  (
    await app.database.rows(
      `select content from messages where session_id = $1 and role = 'user' order by position`,
      [sessionId],
    )
  ).map(({ content }) => content as string);
/** Asks a model, which is at work when this returns. @returns what lets it give its first reply */
const toWork = async (first: Reply, ...next: Reply[]) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  app.model.script({ ...first, after: promise }, ...next);
  await app.client.say(sessionId, 'Say it');
  await eventually(async () => expect(app.model.requests).toHaveLength(1));
  return resolve;
};
/** Asks, and waits until the run waits for the result of its call. */
const toWait = async (content = 'Look') => {
  const events = await app.client.ask(sessionId, content);
  return { runId: events[0]!.run_id!, callId: callIn(events) };
};

/** The run goes on as that of a process that has died. */
const loseProcess = () =>
  app.database.rows(
    `update runs set lease_token = gen_random_uuid(), lease_owner = 'another process', lease_expires_at = now()
      where session_id = $1`,
    [sessionId],
  );

/** As a process of an earlier release would, which ends the run without a look at it. */
const leaveBehind = (runId: string) =>
  app.database.rows(
    `insert into steers (id, session_id, run_id, content, created_at)
       values (gen_random_uuid(), $1, $2, 'Left behind', now())`,
    [sessionId, runId],
  );

describe('what is said to a run at work', () => {
  it('waits, and is told before the agent is asked again: as one message, behind the answers of its tools', async () => {
    app.model.script(reads(), ANSWER);
    const { runId, callId } = await toWait();
    const [one, two] = [await steer('In tabs'), await steer('No semicolons')];
    expect([one.status, one.body.run.id, one.body.message]).toEqual([202, runId, undefined]);
    expect(await waiting()).toEqual(['In tabs', 'No semicolons']);
    expect(await said()).toEqual(['Look']);
    await result(callId);
    const events = await untilEnd();
    const ids = [one.body.steer.id, two.body.steer.id];
    expect(all(events, 'steer.waiting').map(({ data, run_id }) => [data, run_id])).toEqual([
      [{ steer_id: ids[0], content: 'In tabs' }, runId],
      [{ steer_id: ids[1], content: 'No semicolons' }, runId],
    ]);
    const types = typesOf(events);
    const end = types.lastIndexOf('message.started');
    expect(types.slice(end - 3, end)).toEqual(['message.created', 'run.resumed', 'message.created']);
    const told = all(events, 'message.created').at(-1)!.data;
    expect(told).toMatchObject({
      steer_ids: ids,
      message: { role: 'user', content: 'In tabs\n\nNo semicolons', run_id: runId, subtask_id: null },
    });
    expect(prompt(1).slice(0, prompt(0).length)).toEqual(prompt(0));
    expect(
      prompt(1)
        .slice(-3)
        .map(({ role }) => role),
    ).toEqual(['tool', 'assistant', 'user']);
    expect(prompt(1).at(-1)!.content).toBe('In tabs\n\nNo semicolons');
    expect(await waiting()).toEqual([]);
    expect(await app.database.rows('select from steers')).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['classified', async () => undefined],
    ['classified again, since the process was lost', () => loseProcess()],
  ])('waits while the task is %s, and goes to the agent that is chosen', async (_how, happen) => {
    app.model.reset(undefined, 3_000);
    app.model.script(ANSWER);
    sessionId = await app.client.openSession();
    await app.client.say(sessionId, 'Write it');
    await steer('In tabs');
    await happen();
    const events = await untilEnd();
    const types = typesOf(events);
    expect(types.indexOf('steer.waiting')).toBeLessThan(types.indexOf('agent.switched'));
    expect(types.lastIndexOf('message.created')).toBeGreaterThan(types.indexOf('agent.switched'));
    expect(JSON.stringify(app.model.classifications)).not.toContain('In tabs');
    expect(
      prompt(0)
        .slice(1)
        .map(({ content }) => content),
    ).toEqual(['Write it', expect.any(String), 'In tabs']);
  });

  it('goes to the subtask that is asked next', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose(), reads(), finish('Written'), finish('Works'));
    const { sessionId: planned, planId } = await toReview(app);
    sessionId = planned;
    const events = await app.client.stream(sessionId, planDecision(planId, 'approve'));
    await steer('In tabs');
    await result(callIn(events));
    const told = all(await untilEnd(), 'message.created').find(({ data }) => data.steer_ids)!;
    const { subtask_id: subtaskId } = find(events, 'tool_call.requested').data;
    expect(subtaskId).toBeDefined();
    expect(told.data.message).toMatchObject({ content: 'In tabs', subtask_id: subtaskId });
    expect(prompt(2).at(-1)!.content).toBe('In tabs');
    expect(JSON.stringify(prompt(3))).not.toContain('In tabs');
  });

  it('outlasts the review of a plan that the agent was about to propose', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script({ ...propose(), pace: { chunk: 5, tokensPerSecond: 200 } }, reads());
    sessionId = await app.client.openSession();
    await app.client.say(sessionId, 'Build a greeting tool');
    await until('tool_call.drafted');
    await steer('In tabs');
    const planId = planIdIn(await until('run.waiting'));
    expect(await waiting()).toEqual(['In tabs']);
    const events = await app.client.stream(sessionId, planDecision(planId, 'approve'));
    expect(all(events, 'message.created').at(-1)!.data).toMatchObject({
      steer_ids: [expect.any(String)],
      message: { content: 'In tabs', subtask_id: expect.any(String) },
    });
  });

  it('waits for a decision on a call', async () => {
    app.model.script(writes(), ANSWER);
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Write it'));
    await steer('In tabs');
    expect(await waiting()).toEqual(['In tabs']);
    await app.client.input(sessionId, callDecision(callId, 'reject'));
    await untilEnd();
    expect(prompt(1).at(-1)!.content).toBe('In tabs');
  });

  it('is there for a model that answers after the process was lost, and once', async () => {
    app.model.script(reads(), SLOW, ANSWER);
    const { callId } = await toWait();
    await steer('In tabs');
    await result(callId);
    await until('message.delta');
    await loseProcess();
    const events = await untilEnd();
    expect(find(events, 'message.discarded').data.reason).toBe('recovery');
    expect(await said()).toEqual(['Look', 'In tabs']);
    expect(prompt(2)).toEqual(prompt(1));
  });
});

describe('without a run at work', () => {
  it('it is an ordinary message', async () => {
    app.model.script(ANSWER);
    const { status, body } = await steer('Write it');
    expect([status, body.message.content, body.steer]).toEqual([202, 'Write it', undefined]);
    await untilEnd();
    expect(await said()).toEqual(['Write it']);
  });

  it('it rejects a plan in review, as any message does', async () => {
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose(), ANSWER);
    const { sessionId: planned, events } = await toReview(app);
    sessionId = planned;
    const other = await steer('Stop', { expected_run_id: UNKNOWN });
    expect([other.status, other.body.code]).toEqual([409, 'run.changed']);
    const { body } = await steer('Something else', { expected_run_id: events[0]!.run_id });
    expect(body.message.content).toBe('Something else');
    expect(body.run.id).not.toBe(events[0]!.run_id);
    const [, rejected] = all(await untilEnd(2), 'plan.status_changed').slice(-2);
    expect(rejected!.data).toMatchObject({ to: 'rejected', reason: 'superseded' });
  });
});

describe('a run that ends first', () => {
  it.each<[string, string, (release: () => void) => Promise<unknown>]>([
    ['completed', 'completed', async (release) => release()],
    ['cancelled', 'cancelled', async () => cancel((await until('run.started'))[0]!.run_id!)],
  ])('%s leaves one queued run', async (_how, status, end) => {
    const release = await toWork(ANSWER, ANSWER);
    const ids = [(await steer('One')).body.steer.id, (await steer('Two')).body.steer.id];
    await end(release);
    const events = await untilEnd(2);
    expect(all(events, 'run.finished').map(({ data }) => data.status)).toEqual([status, 'completed']);
    const [, told] = all(events, 'message.created');
    expect(told!.data).toMatchObject({ steer_ids: ids, message: { content: 'One\n\nTwo' } });
    expect(told!.run_id).toBe(all(events, 'run.started')[1]!.run_id);
    expect(await said()).toEqual(['Say it', 'One\n\nTwo']);
  });

  it('by a failure of its model, and one that waits and is cancelled, do so too', async () => {
    const release = await toWork({ status: 500 }, reads(), ANSWER);
    await steer('After the failure');
    release();
    const { run_id: second } = (await until('run.waiting')).at(-1)!;
    await steer('After the cancellation');
    await cancel(second!);
    const statuses = all(await untilEnd(3), 'run.finished').map(({ data }) => data.status);
    expect(statuses).toEqual(['failed', 'cancelled', 'completed']);
    expect(await said()).toEqual(['Say it', 'After the failure', 'After the cancellation']);
  });

  it.each(['at work', 'that waits'])(
    '%s, by a message that interrupts it: that one comes after',
    async (which) => {
      const release = await toWork(reads(), ANSWER, ANSWER);
      if (which === 'that waits') {
        release();
        await until('run.waiting');
      }
      await steer('In tabs');
      await app.client.say(sessionId, 'Do this instead', { on_busy: 'interrupt' });
      await untilEnd(3);
      expect(await said()).toEqual(['Say it', 'In tabs', 'Do this instead']);
    },
  );

  it('and whose process did not know of it, is found', async () => {
    app.model.script(ANSWER, ANSWER);
    const [begun] = await app.client.ask(sessionId, 'Say it');
    await leaveBehind(begun!.run_id!);
    await untilEnd(2);
    expect(await said()).toEqual(['Say it', 'Left behind']);
  });
});

describe('a steer is withdrawn', () => {
  it('until it is told', async () => {
    app.model.script(reads(), ANSWER);
    const { callId } = await toWait();
    const [one, two] = [(await steer('One')).body.steer.id, (await steer('Two')).body.steer.id];
    expect(await withdrawElsewhere(one)).toBe('steer.not_found');
    expect((await withdraw(one)).status).toBe(204);
    expect(await waiting()).toEqual(['Two']);
    await result(callId);
    const events = await untilEnd();
    expect(find(events, 'steer.withdrawn').data).toEqual({ steer_id: one });
    expect(await said()).toEqual(['Look', 'Two']);
    for (const gone of [one, two, UNKNOWN, 'no-id']) {
      const { status, body } = await withdraw(gone);
      expect([status, body.code]).toEqual([404, 'steer.not_found']);
    }
  });

  it('also from the queued run that it was left to, which is cancelled with the last one', async () => {
    const release = await toWork(ANSWER, reads(), ANSWER);
    await app.client.say(sessionId, 'Then look', { on_busy: 'queue' });
    const [one, two] = [(await steer('One')).body.steer.id, (await steer('Two')).body.steer.id];
    release();
    const { run_id: second } = (await app.client.readUntil(sessionId, isWaiting)).at(-1)!;
    expect(await withdrawElsewhere(one)).toBe('steer.not_found');
    expect(await waiting()).toEqual(['One', 'Two']);
    expect((await withdraw(one)).status).toBe(204);
    expect(await waiting()).toEqual(['Two']);
    expect((await withdraw(two)).status).toBe(204);
    const events = await untilEnd(2);
    expect(all(events, 'steer.withdrawn').map(({ data }) => data.steer_id)).toEqual([one, two]);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    expect(events.at(-1)!.run_id).not.toBe(second);
    expect(await said()).toEqual(['Say it', 'Then look']);
  });

  it('by a cancellation of that queued run', async () => {
    const release = await toWork(ANSWER, reads());
    await app.client.say(sessionId, 'Then look', { on_busy: 'queue' });
    const { steer: left } = (await steer('One')).body;
    release();
    await app.client.readUntil(sessionId, isWaiting);
    const { body: runs } = await app.client.get(`/v1/sessions/${sessionId}/runs`);
    await cancel(runs.data.find(({ status }: { status: string }) => status === 'queued').id);
    const events = await untilEnd(2);
    expect(typesOf(events).slice(-2)).toEqual(['steer.withdrawn', 'run.finished']);
    expect(find(events, 'steer.withdrawn').data).toEqual({ steer_id: left.id });
    expect(await waiting()).toEqual([]);
  });

  it('with its session', async () => {
    app.model.script(ANSWER);
    const [begun] = await app.client.ask(sessionId, 'Say it');
    // The sweep for what was left behind waits for the run.
    const lock = 'select from runs where id = $1 for no key update';
    const letGo = await app.database.lock(lock, [begun!.run_id]);
    await leaveBehind(begun!.run_id!);
    expect((await app.client.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(204);
    expect(await app.database.rows('select from steers where session_id = $1', [sessionId])).toEqual([]);
    await letGo();
  });
});

describe('a steer is refused', () => {
  it.each<[string, object, string]>([
    ['that is too long', { content: 'x'.repeat(16_001) }, 'content'],
    ['that is empty', { content: '' }, 'content'],
    ['with an agent', { agent: 'ask' }, 'agent'],
    ['with a model', { model: 'm' }, 'model'],
    ['with an effort', { reasoning_effort: 'high' }, 'reasoning_effort'],
    ['that is none, for a run', { on_busy: 'queue', expected_run_id: UNKNOWN }, 'expected_run_id'],
  ])('%s', async (_what, more, field) => {
    const { status, body } = await steer('In tabs', more);
    expect([status, body.code, body.errors[0].field]).toEqual([400, 'request.invalid', field]);
  });

  it('for another run than the active one, and for one that has ended', async () => {
    app.model.script(reads(), ANSWER);
    const { runId, callId } = await toWait();
    const other = await steer('In tabs', { expected_run_id: UNKNOWN });
    expect(other.body).toMatchObject({ status: 409, code: 'run.changed', active_run_id: runId });
    expect((await steer('x'.repeat(16_000), { expected_run_id: runId })).status).toBe(202);
    await result(callId);
    await untilEnd();
    const late = await steer('In tabs', { expected_run_id: runId });
    expect(late.body).toMatchObject({ status: 409, code: 'run.changed', active_run_id: null });
    expect(await said()).toHaveLength(2);
  });

  it('in an archived session', async () => {
    app.model.script(reads());
    await toWait();
    await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: true });
    expect((await steer('In tabs')).body).toMatchObject({ status: 409, code: 'session.archived' });
    expect(await waiting()).toEqual([]);
  });

  it('where ten wait', async () => {
    app.model.script(reads());
    await toWait();
    const sent = await Promise.all(Array.from({ length: 12 }, (_, n) => steer(`Steer ${n}`)));
    const refused = sent.filter(({ status }) => status === 409);
    expect(refused.map(({ body }) => body.code)).toEqual(['steer.limit_reached', 'steer.limit_reached']);
    expect(await waiting()).toHaveLength(10);
  });
});

it('a repeated request steers once, also after it was told', async () => {
  app.model.script(reads(), ANSWER);
  const { callId } = await toWait();
  const client = app.client.with({ 'idempotency-key': crypto.randomUUID() });
  const send = () => client.say(sessionId, 'In tabs', { on_busy: 'steer' });
  const [first, second] = [await send(), await send()];
  expect(second.body).toEqual(first.body);
  await result(callId);
  await untilEnd();
  expect((await send()).body).toEqual(first.body);
  expect(await said()).toEqual(['Look', 'In tabs']);
});

describe('of what is said in the same moment nothing is lost and nothing told twice:', () => {
  const ROUNDS = 5;
  const isOver = async () => {
    const left = await app.database.rows(
      `select from runs where session_id = $1 and status in ('queued', 'running') union all
       select from steers where session_id = $1`,
      [sessionId],
    );
    expect(left).toEqual([]);
  };

  it.each<[string, (run: { runId: string; callId: string }) => Promise<unknown>]>([
    ['the result that lets the run go on to its end', ({ callId }) => result(callId)],
    ['a cancellation', ({ runId }) => cancel(runId)],
    ['a message that interrupts', () => app.client.say(sessionId, 'Stop', { on_busy: 'interrupt' })],
    ['a message that queues', () => app.client.say(sessionId, 'Then', { on_busy: 'queue' })],
  ])('%s', async (_what, happen) => {
    app.model.always(ANSWER);
    for (let round = 0; round < ROUNDS; round++) {
      sessionId = await app.client.openSession({ agent: 'coder' });
      app.model.reset();
      app.model.script(reads());
      const run = await toWait();
      app.model.always(ANSWER);
      const texts = ['steer a', 'steer b', 'steer c'];
      const [first, , ...rest] = await Promise.all([
        steer(texts[0]!),
        happen(run),
        ...texts.slice(1).map((text) => steer(text)),
      ]);
      expect([first, ...rest].map(({ status }) => status)).toEqual([202, 202, 202]);
      if ((await waiting()).length > 0) await result(run.callId);
      await eventually(isOver);
      const told = (await said())
        .flatMap((content) => content.split('\n\n'))
        .filter((part) => texts.includes(part));
      expect(told.toSorted()).toEqual(texts);
    }
  });

  it.each([
    ['begin of a run: it waits for that', 1, 'waiting', ['In tabs']],
    ['begin of a run, the end of that and the begin of the next: it waits its turn', 2, 'queued', []],
  ])('the %s', async (_what, times, status, steers) => {
    app.model.script(reads());
    await toWait();
    const units = app.nest.get(UnitOfWork);
    const run = units.run.bind(units);
    let left = times;
    const spy = vi
      .spyOn(units, 'run')
      .mockImplementation((operation, work) =>
        operation === 'steer_run' && left-- > 0
          ? Promise.reject(new SessionBusy(sessionId))
          : run(operation, work),
      );
    const { body } = await steer('In tabs');
    spy.mockRestore();
    expect([body.run.status, await waiting()]).toEqual([status, steers]);
  });

  it('its withdrawal', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      sessionId = await app.client.openSession({ agent: 'coder' });
      app.model.reset();
      app.model.script(reads(), ANSWER);
      const { callId } = await toWait();
      const { steer: sent } = (await steer('In tabs')).body;
      const [, { status }] = await Promise.all([result(callId), withdraw(sent.id)]);
      const events = await untilEnd();
      const withdrawn = all(events, 'steer.withdrawn').length;
      const told = all(events, 'message.created').filter(({ data }) => data.steer_ids).length;
      expect([status, withdrawn + told]).toEqual([withdrawn === 1 ? 204 : 404, 1]);
    }
  });
});
