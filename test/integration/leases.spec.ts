import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JobWorker } from '../../src/modules/jobs/index.js';
import { SentEvent, deltasOf, isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  all,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { TestDatabase } from '../support/database.js';
import { TestApp } from '../support/test-app.js';

/** It is always cut short. */
const SLOW = { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 60 } };

let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start({ RUN_LEASE_SECONDS: '3', LLM_MAX_RETRIES: '0' });
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'ask' });
});

const runRow = async () => {
  const [row] = await app.database.rows(
    `select id, status, lease_owner, lease_token, lease_expires_at > now() as held, attempt, recoveries, error
       from runs where session_id = $1 order by id desc limit 1`,
    [sessionId],
  );
  return row!;
};

const speaks = (after = '0') =>
  app.client.readUntil(sessionId, (event) => event.type === 'message.delta', after);

/** Takes a run away from its process, as one that holds it no longer would find it. */
const takeAway = () =>
  app.database.rows(
    `update runs set lease_token = gen_random_uuid(), lease_owner = 'another process', lease_expires_at = now() + interval '1 minute'
      where session_id = $1 and status = 'running'`,
    [sessionId],
  );

/** Lets the lease of the present holder run out now. */
const letExpire = () =>
  app.database.rows(
    `update runs set lease_expires_at = now() - interval '1 second' where session_id = $1 and status = 'running'`,
    [sessionId],
  );

const keptAs = async (finishReason: string) => {
  const messages = await app.database.rows<{ content: string; finish_reason: string }>(
    `select content, finish_reason from messages where session_id = $1 and role = 'assistant'`,
    [sessionId],
  );
  expect(messages).toMatchObject([{ finish_reason: finishReason }]);
  return messages[0]!;
};

const isRecovered = (events: readonly SentEvent[]) =>
  all(events, 'message.discarded').some(({ data }) => data.reason === 'recovery');

describe('a lease', () => {
  it('is held while a run is at work, renewed, and given back when it rests', async () => {
    const renewed = await app.growth('sse_transaction_commits_total{operation="renew_leases"');
    app.model.script(reads(), { ...SLOW, text: 'word '.repeat(240) });
    const asked = await app.client.ask(sessionId, 'Look');
    expect(await runRow()).toMatchObject({ status: 'waiting', lease_owner: null, lease_token: null });
    const callId = callIn(asked);
    const { body } = await app.client.input(sessionId, toolResult(callId, { result: 'X' }));
    const first = await runRow();
    expect(first).toMatchObject({ status: 'running', held: true });
    // Longer than the lease lasts.
    const events = await app.client.readUntil(sessionId, isFinished, body.last_event_id);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(typesOf(events)).not.toContain('message.discarded');
    expect(await runRow()).toMatchObject({ lease_owner: null, lease_token: null, attempt: 1 });
    expect(await renewed()).toEqual({
      'sse_transaction_commits_total{operation="renew_leases",status="success"}': expect.any(Number),
    });
  });

  it('that is lost makes whatever its owner writes count for nothing', async () => {
    app.model.script(SLOW);
    await app.client.say(sessionId, 'Say it');
    await speaks();
    await takeAway();
    // Pieces of the answer are fenced as well, as soon as the new owner has begun to speak.
    await app.database.rows(`update event_streams set writers = '{}' where session_id = $1`, [sessionId]);
    const [before] = await app.database.rows('select last_seq from event_streams where session_id = $1', [
      sessionId,
    ]);
    await eventually(async () =>
      expect(await app.metric('agent_runs_active')).toEqual(['agent_runs_active 0']),
    );
    const [after] = await app.database.rows('select last_seq from event_streams where session_id = $1', [
      sessionId,
    ]);
    expect(Number(after!['last_seq']) - Number(before!['last_seq'])).toBeLessThanOrEqual(1);
    expect(await runRow()).toMatchObject({ status: 'running', lease_owner: 'another process' });
    const messages = await app.database.rows(`select role from messages where session_id = $1`, [sessionId]);
    expect(messages).toEqual([{ role: 'user' }]);
    app.model.always({ text: 'Done.' });
    await letExpire();
    await app.client.readUntil(sessionId, isFinished);
  });

  it('that is lost unnoticed counts for nothing all the same', async () => {
    // No renewal tells the process; its own write does.
    const other = await TestApp.start(
      { RUN_LEASE_SECONDS: '3600' },
      { database: app.database, model: app.model },
    );
    try {
      app.model.script({ ...SLOW, text: 'word '.repeat(20) });
      await other.client.say(sessionId, 'Say it');
      await speaks();
      await takeAway();
      await eventually(async () =>
        expect(await other.metric('agent_runs_active')).toEqual(['agent_runs_active 0']),
      );
      const messages = await app.database.rows('select role from messages where session_id = $1', [
        sessionId,
      ]);
      expect(messages).toEqual([{ role: 'user' }]);
      const ledger = await app.database.rows('select status from llm_calls where session_id = $1', [
        sessionId,
      ]);
      expect(ledger).toEqual([{ status: 'started' }]);
    } finally {
      await other.stop();
    }
    app.model.always({ text: 'Done.' });
    await letExpire();
    await app.client.readUntil(sessionId, isFinished);
  });

  it('that ran out is taken over: what was being said is discarded, and said anew', async () => {
    const recoveries = await app.growth('run_recoveries_total');
    app.model.script(SLOW, { text: 'Once more, whole.' });
    await app.client.say(sessionId, 'Say it');
    await speaks();
    await takeAway();
    await letExpire();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(isRecovered(events)).toBe(true);
    const discarded = find(events, 'message.discarded');
    const later = events.slice(events.indexOf(discarded) + 1);
    expect(JSON.stringify(later)).not.toContain(discarded.data.message_id);
    expect([...deltasOf(later).values()]).toEqual(['Once more, whole.']);
    expect(await runRow()).toMatchObject({ status: 'completed', attempt: 2 });
    const ledger = await app.database.rows('select status from llm_calls where session_id = $1 order by id', [
      sessionId,
    ]);
    expect(ledger).toEqual([{ status: 'aborted' }, { status: 'completed' }]);
    expect(await recoveries()).toEqual({ 'run_recoveries_total{outcome="recovered"}': 1 });
    expect(all(events, 'run.finished')).toHaveLength(1);
  });

  it('that ran out of a run that is to be cancelled is taken over to keep what was said', async () => {
    app.model.script(SLOW);
    const { body } = await app.client.say(sessionId, 'Say it');
    await speaks();
    await takeAway();
    expect((await app.client.post(`/v1/runs/${body.run.id}/cancel`)).status).toBe(202);
    await letExpire();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    expect(typesOf(events)).not.toContain('message.discarded');
    const { content } = await keptAs('cancelled');
    expect(find(events, 'message.completed').data).toMatchObject({ content, finish_reason: 'cancelled' });
    expect([...deltasOf(events).values()]).toEqual([content]);
    expect(app.model.requests).toHaveLength(1);
  });

  it('of a job that is to be cancelled, lost by its worker, keeps what was said as well', async () => {
    await app.nest.get(JobWorker).start();
    app.model.script(SLOW);
    const request = { session_id: sessionId, query: 'Say it' };
    const { body: job } = await app.client.post('/v1/jobs/agents/ask/1.0.0', request);
    const spoken = await speaks();
    await takeAway();
    await app.database.rows('update jobs set lease_token = gen_random_uuid() where id = $1', [job.job_id]);
    expect((await app.client.post(`/v1/jobs/${job.job_id}/cancel`)).status).toBe(202);
    await app.database.rows(`update jobs set lease_expires_at = now() where id = $1`, [job.job_id]);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    expect((await keptAs('cancelled')).content.length).toBeGreaterThan(0);
    const completed = find(events, 'message.completed').data;
    expect(completed).toMatchObject({
      message_id: find(spoken, 'message.started').data.message_id,
      job_id: job.job_id,
    });
  });

  it('of a run that ends each process that takes it is given up after three', async () => {
    const recoveries = await app.growth('run_recoveries_total');
    app.model.always(SLOW);
    await app.client.say(sessionId, 'Say it');
    let cursor = (await speaks()).at(-1)!.id;
    for (let n = 0; n < 4; n++) {
      await takeAway();
      await letExpire();
      const events = await app.client.readUntil(
        sessionId,
        (event) => event.type === 'message.started' || isFinished(event),
        cursor,
      );
      cursor = events.at(-1)!.id;
      if (n < 3) cursor = (await speaks(cursor)).at(-1)!.id;
    }
    expect(await runRow()).toMatchObject({
      status: 'failed',
      error: { code: 'run.recovery_exhausted' },
    });
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'run.finished')).toHaveLength(1);
    expect(await recoveries()).toEqual({
      'run_recoveries_total{outcome="recovered"}': 3,
      'run_recoveries_total{outcome="exhausted"}': 1,
    });
  });

  it('counts recoveries by step: one that was recorded begins anew', async () => {
    app.model.script(SLOW, reads(), SLOW, finish('Done.'));
    await app.client.say(sessionId, 'Look', { agent: 'coder' });
    await speaks();
    await takeAway();
    await letExpire();
    const asked = await app.client.readUntil(sessionId, (event) => event.type === 'run.waiting');
    expect(await runRow()).toMatchObject({ attempt: 2, recoveries: 0 });
    const callId = callIn(asked);
    const { body } = await app.client.input(sessionId, toolResult(callId, { result: 'X' }));
    await speaks(body.last_event_id);
    await takeAway();
    await letExpire();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(all(events, 'tool_call.requested')).toHaveLength(1);
    expect(await runRow()).toMatchObject({ attempt: 3 });
  });

  it('is taken over by one of several processes only', async () => {
    const others = await Promise.all(
      [1, 2].map(() =>
        TestApp.start({ RUN_LEASE_SECONDS: '3' }, { database: app.database, model: app.model }),
      ),
    );
    try {
      app.model.script(SLOW, { text: 'Once more.' });
      await app.client.say(sessionId, 'Say it');
      await speaks();
      await takeAway();
      await letExpire();
      const events = await app.client.readUntil(sessionId, isFinished);
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
      expect(all(events, 'message.discarded')).toHaveLength(1);
      expect(app.model.requests).toHaveLength(2);
    } finally {
      for (const other of others) await other.stop();
    }
  });

  it('is refused to rows that are not at work', async () => {
    app.model.script({ text: 'Done.' });
    await app.client.ask(sessionId, 'Say it');
    await expect(
      app.database.rows(
        'update runs set lease_token = gen_random_uuid(), lease_expires_at = now() where session_id = $1',
        [sessionId],
      ),
    ).rejects.toThrow(/runs_held/);
  });
});

describe('a run whose outcome cannot be stored', () => {
  const refuseMessages = (when: string) =>
    app.database.rows(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
      create trigger refuse before insert on messages for each row when (${when}) execute function refuse();`);
  const letGo = () => app.database.rows('drop trigger refuse on messages; drop function refuse()');

  it('is tried again, and then fails with a truthful code and one end', async () => {
    await refuseMessages(`new.role = 'assistant'`);
    try {
      app.model.script({ text: 'Lost words.' });
      const events = await app.client.ask(sessionId, 'Say it');
      expect(events.at(-1)!.data).toMatchObject({
        status: 'failed',
        error: { code: 'run.persistence_failed' },
      });
      expect(JSON.stringify(events)).not.toContain('disk full');
      expect(all(events, 'message.discarded')).toHaveLength(1);
      expect(all(events, 'run.finished')).toHaveLength(1);
    } finally {
      await letGo();
    }
  });

  it('goes on when the database takes it again in time', async () => {
    await refuseMessages(`new.role = 'assistant'`);
    const failed = await app.growth(
      'sse_transaction_commits_total{operation="save_assistant_message",status="error"}',
    );
    app.model.script({ text: 'Kept words.', pace: { chunk: 3, tokensPerSecond: 50 } });
    await app.client.say(sessionId, 'Say it');
    await eventually(async () => expect(await failed()).not.toEqual({}));
    await letGo();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(find(events, 'message.completed').data).toMatchObject({ content: 'Kept words.' });
  });

  it('and not even its failure is taken over and done anew when the database is well', async () => {
    await app.database.rows(`
      create function refuse_run() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
      create trigger refuse_run before update on runs for each row
        when (new.finished_at is not null) execute function refuse_run();`);
    app.model.always({ text: 'Said again.' });
    await app.client.say(sessionId, 'Say it');
    await eventually(async () =>
      expect(await app.metric('agent_runs_active')).toEqual(['agent_runs_active 0']),
    );
    await app.database.rows('drop trigger refuse_run on runs; drop function refuse_run()');
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(all(events, 'run.finished')).toHaveLength(1);
    expect(all(events, 'message.completed')).toHaveLength(1);
  });
});

describe('what is stuck', () => {
  const waitingFor = async (kind: string) => {
    const [line] = await app.metric(`oldest_waiting_seconds{kind="${kind}"}`);
    return Number(line?.split(' ').at(-1));
  };
  const anHourEarlier = (table: string, column: string) =>
    app.database.rows(`update ${table} set ${column} = ${column} - interval '1 hour' where session_id = $1`, [
      sessionId,
    ]);

  it('waits for a tool since it was requested, not since the model wished for it', async () => {
    app.model.script(writes('a'), { text: 'Done.' });
    const { call_id } = askedIn(await app.client.ask(sessionId, 'Write', { agent: 'coder' }));
    await anHourEarlier('tool_calls', 'created_at');
    await app.client.input(sessionId, callDecision(call_id, 'approve'));
    expect(await waitingFor('tool_result')).toBeLessThan(600);
    await anHourEarlier('approvals', 'decided_at');
    expect(await waitingFor('tool_result')).toBeGreaterThanOrEqual(3600);
    await app.client.stream(sessionId, toolResult(call_id, { result: 'written' }));
  });

  it('waits for a process since it was handed over', async () => {
    const database = await TestDatabase.create();
    const given = { database, model: app.model };
    try {
      const leaving = await TestApp.start({ SHUTDOWN_POLICY: 'handover' }, given);
      app.model.script(SLOW, { text: 'Done.' });
      const session = await leaving.client.openSession({ agent: 'ask' });
      const { body } = await leaving.client.say(session, 'Say it');
      await eventually(() => expect(app.model.requests).toHaveLength(1));
      await leaving.stop();
      await database.rows(`update runs set lease_expires_at = lease_expires_at - interval '1 hour'`);
      const letGo = await database.lock('select from runs where id = $1 for update', [body.run.id]);
      const next = await TestApp.start({ RUN_LEASE_SECONDS: '3' }, given);
      try {
        const [recovery] = await next.metric('oldest_waiting_seconds{kind="recovery"}');
        expect(Number(recovery?.split(' ').at(-1))).toBeGreaterThanOrEqual(3600);
        await letGo();
        const events = await next.client.readUntil(session, isFinished);
        expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
      } finally {
        await next.stop();
      }
    } finally {
      await database.drop();
    }
  });

  it('shows in the metrics and in the list of runs', async () => {
    app.model.script(reads());
    await app.client.ask(sessionId, 'Look');
    await app.database.rows(
      `update tool_calls set created_at = created_at - interval '1 hour' where session_id = $1`,
      [sessionId],
    );
    await app.database.rows(
      `update runs set created_at = created_at - interval '1 hour' where session_id = $1`,
      [sessionId],
    );
    const waiting = await app.metric('oldest_waiting_seconds');
    const seconds = (kind: string) =>
      Number(
        waiting
          .find((line) => line.includes(`kind="${kind}"`))
          ?.split(' ')
          .at(-1),
      );
    expect(seconds('tool_result')).toBeGreaterThanOrEqual(3600);
    expect(['approval', 'plan_decision', 'queued', 'recovery'].map(seconds)).toEqual([0, 0, 0, 0]);
    const { id } = await runRow();
    const list = async (query: string) =>
      (await app.client.get(`/v1/runs?${query}`)).body.data.map((run: { id: string }) => run.id);
    expect(await list('status=waiting&older_than_seconds=3000')).toEqual([id]);
    expect(await list('status=waiting&older_than_seconds=4000')).toEqual([]);
    expect(await list('status=running')).toEqual([]);
    const refused = await app.client.get('/v1/runs?status=stuck&older_than_seconds=-1');
    expect(refused.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'status',
      'older_than_seconds',
    ]);
  });
});
