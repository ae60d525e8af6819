import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, TestClient, isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  UNKNOWN,
  all,
  askedIn,
  approvalsIn,
  callDecision,
  callIn,
  callsIn,
  find,
  finish,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const DONE = finish('Done.');
const runs = { calls: [{ name: 'execute_command', args: { command: 'npm test' } }] };

let app: TestApp;
let client: TestClient;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start();
  client = app.client;
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await client.openSession({ agent: 'coder' });
});

const claim = (callId: string, clientId: string, more: object = {}, by = client) =>
  by.post(`/v1/tool-calls/${callId}/claim`, { client_id: clientId, ...more });

const decide = (approvalId: string, decision: string, more: object = {}) =>
  client.post(`/v1/approvals/${approvalId}/decision`, { decision, ...more });

const release = (callId: string, clientId: string) =>
  client.post(`/v1/tool-calls/${callId}/release`, { client_id: clientId });

const answer = (callId: string, clientId?: string, more: object = { result: 'ok' }) =>
  client.input(sessionId, toolResult(callId, { ...more, ...(clientId && { client_id: clientId }) }));

const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

/** Moves the end of a claim into the past, as time would. */
const lapse = (callId: string) =>
  app.database.rows(`update tool_calls set claim_expires_at = now() where id = $1`, [callId]);

/** All that is told of a session, once the log has this. */
const readUntil = (isLast: (event: SentEvent) => boolean) => client.readUntil(sessionId, isLast);

const isReleased =
  (callId: string, needsApproval: boolean, attempt = 2) =>
  ({ type, data }: SentEvent) =>
    type === 'tool_call.released' &&
    data.call_id === callId &&
    data.attempt === attempt &&
    data.needs_approval === needsApproval;

/** Has the model ask for a read that `a` claims. */
async function claimedRead(): Promise<string> {
  app.model.script(reads(), DONE);
  const callId = callIn(await client.ask(sessionId, 'Look'));
  expect((await claim(callId, 'a')).status).toBe(200);
  return callId;
}

/** Has the model ask for a command, which is approved and claimed by `a`. */
async function claimedCommand(decision: object = {}): Promise<string> {
  app.model.script(runs, DONE);
  const callId = askedIn(await client.ask(sessionId, 'Test')).call_id;
  await client.input(sessionId, callDecision(callId, 'approve', decision));
  expect((await claim(callId, 'a')).status).toBe(200);
  return callId;
}

/** The question that follows the lapse of such a claim. */
async function questionAfter(callId: string) {
  await lapse(callId);
  const events = await readUntil(
    ({ type, data }) => type === 'approval.requested' && data.approval.attempt === 2,
  );
  return approvalsIn(events).at(-1)!;
}

describe('a claim', () => {
  it('is granted to the first client and renewed for that one, and told once', async () => {
    const count = await app.growth('tool_claims_total');
    const callId = await claimedRead();
    const renewed = await claim(callId, 'a', { lease_seconds: 300 });
    expect(renewed.status).toBe(200);
    expect(renewed.body).toMatchObject({
      ...{ call_id: callId, session_id: sessionId, tool_name: 'read_file', arguments: { path: 'a.txt' } },
      ...{ status: 'requested', client_id: 'a', attempt: 1 },
    });
    const refused = await claim(callId, 'b');
    expect(codeOf(refused)).toEqual([409, 'tool_call.claimed']);
    expect(refused.body.client_id).toBe('a');
    await answer(callId, 'a');
    const events = await readUntil(isFinished);
    expect(all(events, 'tool_call.claimed').map(({ data }) => data)).toEqual([
      { call_id: callId, client_id: 'a' },
    ]);
    expect(all(events, 'tool_call.requested')).toHaveLength(1);
    expect(await count()).toEqual({
      'tool_claims_total{outcome="granted"}': 1,
      'tool_claims_total{outcome="renewed"}': 1,
      'tool_claims_total{outcome="refused"}': 1,
    });
  });

  it('holds for the seconds asked for, by the clock of the database, and does not move the deadline', async () => {
    app.model.script(reads(), DONE);
    const events = await client.ask(sessionId, 'Look');
    const { call_id: callId, deadline_at: deadline } = find(events, 'tool_call.requested').data;
    for (const [more, seconds] of [
      [{}, 60],
      [{ lease_seconds: 5 }, 5],
      [{ lease_seconds: 300 }, 300],
    ] as const) {
      const { body } = await claim(callId, 'a', more);
      expect(body.deadline_at).toBe(deadline);
      const [left] = await app.database.rows<{ seconds: number }>(
        'select extract(epoch from claim_expires_at - now())::float8 as seconds from tool_calls where id = $1',
        [callId],
      );
      expect(left!.seconds).toBeGreaterThan(seconds - 5);
      expect(left!.seconds).toBeLessThanOrEqual(seconds);
    }
  });

  it.each([
    ['client_id', { client_id: '' }],
    ['client_id', { client_id: 'x'.repeat(101) }],
    ['client_id', { client_id: 'ü' }],
    ['client_id', { client_id: 'a\n' }],
    ['client_id', { client_id: 7 }],
    ['lease_seconds', { lease_seconds: 0 }],
    ['lease_seconds', { lease_seconds: 4 }],
    ['lease_seconds', { lease_seconds: 301 }],
    ['lease_seconds', { lease_seconds: 365 * 24 * 3600 }],
    ['lease_seconds', { lease_seconds: 60.5 }],
    ['lease_seconds', { lease_seconds: '60' }],
    ['priority', { priority: 1 }],
  ])('with a wrong %s is refused: %j', async (field, body) => {
    const refused = await claim(UNKNOWN, 'a', body);
    expect(codeOf(refused)).toEqual([400, 'request.invalid']);
    expect(JSON.stringify(refused.body.errors)).toContain(field);
  });

  it('is refused for a call that is unknown, not approved or settled', async () => {
    for (const id of [UNKNOWN, 'call_1']) {
      expect(codeOf(await claim(id, 'a'))).toEqual([404, 'tool_call.not_found']);
    }
    app.model.script(writes(), DONE);
    const { call_id: callId } = askedIn(await client.ask(sessionId, 'Write'));
    expect(codeOf(await claim(callId, 'a'))).toEqual([409, 'tool_call.not_requested']);
    await client.stream(sessionId, callDecision(callId, 'reject'));
    const settled = await claim(callId, 'a');
    expect(codeOf(settled)).toEqual([409, 'tool_call.already_settled']);
    expect(settled.body.call_status).toBe('rejected');
  });

  it('takes no notice of an Idempotency-Key: repeated under it after a lapse, it does not let two execute', async () => {
    app.model.script(reads(), DONE);
    const callId = callIn(await client.ask(sessionId, 'Look'));
    const keyed = client.with({ 'idempotency-key': randomUUID() });
    expect((await claim(callId, 'a', {}, keyed)).status).toBe(200);
    await lapse(callId);
    await readUntil(isReleased(callId, false));
    expect((await claim(callId, 'b')).status).toBe(200);
    expect(codeOf(await claim(callId, 'a', {}, keyed))).toEqual([409, 'tool_call.claimed']);
    expect((await claim(callId, 'b', {}, keyed)).status).toBe(200); // nor is the key used up
  });
});

describe('the answer to a claimed call', () => {
  it('is taken of the client that holds it, and refused of all others', async () => {
    const callId = await claimedRead();
    for (const other of [undefined, 'b']) {
      const refused = await answer(callId, other);
      expect(codeOf(refused)).toEqual([409, 'tool_call.claimed']);
      expect(refused.body.client_id).toBe('a');
    }
    expect((await answer(callId, 'a')).status).toBe(202);
    // Repeated, also by a client that has forgotten who it was.
    expect((await answer(callId)).status).toBe(200);
    expect(codeOf(await answer(callId, 'b', { result: 'else' }))).toEqual([409, 'tool_call.already_settled']);
  });

  it('is taken of its former client while no other holds it', async () => {
    const callId = await claimedRead();
    await lapse(callId);
    await readUntil(isReleased(callId, false));
    expect((await answer(callId, 'a')).status).toBe(202);
  });

  it('is refused of its former client once another one holds it', async () => {
    const callId = await claimedRead();
    await lapse(callId);
    await readUntil(isReleased(callId, false));
    await claim(callId, 'b');
    expect(codeOf(await answer(callId, 'a'))).toEqual([409, 'tool_call.claimed']);
    expect((await answer(callId, 'b')).status).toBe(202);
  });
});

describe('a claim that lapses', () => {
  it('is told once by two servers that watch, and another client takes a read over', async () => {
    const other = await TestApp.start({}, { database: app.database, model: app.model });
    try {
      const callId = await claimedRead();
      const count = await app.growth('tool_claims_total');
      // As soon as one of them could tell, both find it: they are kept from the run until both wait for it.
      const letGo = await app.database.lock('select from runs where session_id = $1 for update', [sessionId]);
      await lapse(callId);
      await eventually(async () => {
        const [waiting] = await app.database.rows<{ waiting: number }>(
          `select count(*)::int as waiting from pg_stat_activity
            where wait_event_type = 'Lock' and datname = current_database() and query like '%runs%'`,
        );
        expect(waiting!.waiting).toBe(2);
      });
      await letGo();
      await readUntil(isReleased(callId, false));
      const taken = await claim(callId, 'b');
      expect(taken.body).toMatchObject({ client_id: 'b', attempt: 2 });
      await answer(callId, 'b');
      const events = await readUntil(isFinished);
      expect(all(events, 'tool_call.released')).toHaveLength(1);
      expect(all(events, 'tool_call.requested')).toHaveLength(1);
      expect(all(events, 'run.waiting')).toHaveLength(1);
      expect(await count()).toMatchObject({ 'tool_claims_total{outcome="lapsed"}': 1 });
    } finally {
      await other.stop();
    }
  });

  it('holds until its lapse is told, and can be renewed so long', async () => {
    const callId = await claimedRead();
    const letGo = await app.database.lock('select from runs where session_id = $1 for update', [sessionId]);
    await lapse(callId);
    // The claim comes first or the watch does: either way `a` holds it again, and `b` never did.
    const renewing = claim(callId, 'a');
    await letGo();
    expect((await renewing).status).toBe(200);
    expect(codeOf(await claim(callId, 'b'))).toEqual([409, 'tool_call.claimed']);
  });

  it('leaves a write to another client, without asking again', async () => {
    app.model.script(writes(), DONE);
    const { call_id: callId } = askedIn(await client.ask(sessionId, 'Write'));
    await client.input(sessionId, callDecision(callId, 'approve'));
    await claim(callId, 'a');
    await lapse(callId);
    await readUntil(isReleased(callId, false));
    expect((await claim(callId, 'b')).status).toBe(200);
    await answer(callId, 'b');
    expect(approvalsIn(await readUntil(isFinished))).toHaveLength(1);
  });
});

describe('a command whose claim has lapsed', () => {
  it('is asked about again, and goes to another client after an approval', async () => {
    const callId = await claimedCommand();
    const question = await questionAfter(callId);
    expect(question).toMatchObject({
      call_id: callId,
      attempt: 2,
      status: 'pending',
      arguments: { command: 'npm test' },
    });
    expect(question.reason).toContain('already');
    const { body: session } = await client.get(`/v1/sessions/${sessionId}`);
    expect(session.active_run.waiting_for).toEqual([{ kind: 'approval', id: question.id }]);
    for (const each of ['a', 'b']) {
      expect(codeOf(await claim(callId, each))).toEqual([409, 'tool_call.not_requested']);
    }
    expect(codeOf(await answer(callId, 'b'))).toEqual([409, 'tool_call.not_requested']);

    await decide(question.id, 'approve');
    await readUntil(isReleased(callId, false));
    expect((await claim(callId, 'b')).body).toMatchObject({
      client_id: 'b',
      attempt: 2,
      status: 'requested',
    });
    await answer(callId, 'b');
    const events = await readUntil(isFinished);
    expect(typesOf(events).filter((type) => /^(tool_call|approval|run\.[wr])/.test(type))).toEqual([
      ...['tool_call.drafted', 'approval.requested', 'run.waiting', 'approval.resolved'],
      ...['tool_call.requested', 'run.waiting', 'tool_call.claimed', 'tool_call.released'],
      ...['approval.requested', 'run.waiting'],
      ...['approval.resolved', 'tool_call.released', 'run.waiting', 'tool_call.claimed'],
      ...['tool_call.settled', 'run.resumed'],
    ]);
    expect(all(events, 'run.waiting').map(({ data }) => data.for[0]!.kind)).toEqual([
      ...['approval', 'tool_result', 'approval', 'tool_result'],
    ]);
  });

  it('is asked about although the tool was allowed for the session, and again after another lapse', async () => {
    const callId = await claimedCommand({ remember: true });
    const { id } = await questionAfter(callId);
    await decide(id, 'approve', { remember: true });
    await claim(callId, 'b');
    await lapse(callId);
    await readUntil(isReleased(callId, true, 3));
    const rows = await app.database.rows(
      'select attempt, status from approvals where call_id = $1 order by attempt',
      [callId],
    );
    expect(rows).toEqual([
      { attempt: 1, status: 'approved' },
      { attempt: 2, status: 'approved' },
      { attempt: 3, status: 'pending' },
    ]);
  });

  it('ends as rejected where the human does not allow it again, and the model is not told that nothing was done', async () => {
    const callId = await claimedCommand();
    const { id } = await questionAfter(callId);
    await decide(id, 'reject', { feedback: 'I look first' });
    const events = await readUntil(isFinished);
    expect(find(events, 'tool_call.settled').data.status).toBe('rejected');
    const read = app.model.requests.at(-1)!.messages.at(-1)!.content as string;
    expect(read).toMatch(/not allow.*again.*not known: I look first$/);
    expect(codeOf(await answer(callId, 'a'))).toEqual([409, 'tool_call.already_settled']);
  });

  it('is not allowed again by a repeated decision on the first question', async () => {
    const callId = await claimedCommand();
    const { id } = await questionAfter(callId);
    const repeated = await client.input(sessionId, callDecision(callId, 'approve'));
    expect(codeOf(repeated)).toEqual([409, 'approval.asked_again']);
    expect(repeated.body.approval_id).toBe(id);
    expect((await client.get(`/v1/approvals/${id}`)).body.status).toBe('pending');
  });

  it('is not edited: its former client may have executed it as it was', async () => {
    const callId = await claimedCommand();
    const { id } = await questionAfter(callId);
    const refused = await decide(id, 'edit', { modified_arguments: { command: 'ls' } });
    expect(codeOf(refused)).toEqual([400, 'request.invalid']);
    expect(refused.body.errors).toMatchObject([{ field: 'decision' }]);
  });

  it('is still answered by its former client, which closes the question', async () => {
    const callId = await claimedCommand();
    const { id } = await questionAfter(callId);
    expect((await answer(callId, 'a', { result: 'passed' })).status).toBe(202);
    const events = await readUntil(isFinished);
    expect(all(events, 'approval.resolved').at(-1)!.data).toMatchObject({
      ...{ approval_id: id, decision: 'cancel', reason: 'answered' },
    });
    expect(find(events, 'tool_call.settled').data.status).toBe('completed');
    const late = await decide(id, 'approve');
    expect(codeOf(late)).toEqual([409, 'approval.already_decided']);
  });

  it('waits no longer than its deadline, which neither claim nor question moves', async () => {
    const callId = await claimedCommand();
    const { id, expires_at: expiresAt } = await questionAfter(callId);
    const [call] = await app.database.rows<{ deadline_at: Date }>(
      'select deadline_at from tool_calls where id = $1',
      [callId],
    );
    expect(expiresAt).toBe(call!.deadline_at.toISOString());
    await app.database.rows(`update tool_calls set deadline_at = now() where id = $1`, [callId]);
    await app.database.rows(`update approvals set expires_at = now() where id = $1`, [id]);
    const events = await readUntil(isFinished);
    expect(find(events, 'tool_call.settled').data.status).toBe('rejected');
    expect(find(events, 'run.resumed').data.by).toBe('approval_timeout');
  });

  it('is closed with its question when the run is cancelled', async () => {
    const callId = await claimedCommand();
    const { id, run_id: runId } = await questionAfter(callId);
    await client.post(`/v1/runs/${runId}/cancel`);
    const events = await readUntil(isFinished);
    expect(find(events, 'tool_call.settled').data).toMatchObject({ call_id: callId, status: 'cancelled' });
    const resolved = all(events, 'approval.resolved').at(-1)!.data;
    expect(resolved).toMatchObject({ approval_id: id, decision: 'cancel' });
  });
});

it('a held call expires by its deadline like any other', async () => {
  const callId = await claimedRead();
  await app.database.rows(`update tool_calls set deadline_at = now() where id = $1`, [callId]);
  expect(find(await readUntil(isFinished), 'tool_call.settled').data.status).toBe('expired');
});

describe('a call that is given back', () => {
  it('goes to the next client at once, and is given back once', async () => {
    const count = await app.growth('tool_claims_total');
    const callId = await claimedRead();
    expect(codeOf(await release(callId, 'b'))).toEqual([409, 'tool_call.claimed']);
    const released = await release(callId, 'a');
    expect([released.status, released.body.client_id]).toEqual([200, null]);
    expect((await release(callId, 'a')).status).toBe(200);
    expect(codeOf(await release(callId, 'b'))).toEqual([409, 'tool_call.not_claimed']);
    expect((await claim(callId, 'b')).body).toMatchObject({ client_id: 'b', attempt: 2 });
    await answer(callId, 'b');
    expect(all(await readUntil(isFinished), 'tool_call.released')).toHaveLength(1);
    expect(await count()).toMatchObject({ 'tool_claims_total{outcome="released"}': 1 });
  });

  it('is asked about where it is a command, like one whose claim has lapsed', async () => {
    const callId = await claimedCommand();
    expect((await release(callId, 'a')).body.status).toBe('awaiting_approval');
    const events = await readUntil(isReleased(callId, true));
    expect(events.length).toBeGreaterThan(0);
  });
});

describe('a session that requires claims', () => {
  it('refuses an answer without one', async () => {
    await client.call('PATCH', `/v1/sessions/${sessionId}`, { client_claims: 'required' });
    app.model.script(reads(), DONE);
    const callId = callIn(await client.ask(sessionId, 'Look'));
    for (const each of [undefined, 'a']) {
      expect(codeOf(await answer(callId, each))).toEqual([409, 'tool_call.not_claimed']);
    }
    await claim(callId, 'a');
    expect((await answer(callId, 'a')).status).toBe(202);
  });

  it('is opened as one, or becomes one while no run is active, which is told', async () => {
    const opened = await client.openSession({ client_claims: 'required' });
    expect((await client.get(`/v1/sessions/${opened}`)).body.client_claims).toBe('required');
    const path = `/v1/sessions/${sessionId}`;
    expect((await client.get(path)).body.client_claims).toBe('optional');
    app.model.script(reads(), DONE);
    const callId = callIn(await client.ask(sessionId, 'Look'));
    const busy = await client.call('PATCH', path, { client_claims: 'required' });
    expect(codeOf(busy)).toEqual([409, 'run.in_progress']);
    await answer(callId);
    await readUntil(isFinished);
    const changed = await client.call('PATCH', path, { client_claims: 'required' });
    expect(changed.body.client_claims).toBe('required');
    const events = await readUntil(({ type }) => type === 'session.updated');
    expect(find(events, 'session.updated').data.changed).toEqual(['client_claims']);
    const wrong = await client.call('PATCH', path, { client_claims: 'maybe' });
    expect(codeOf(wrong)).toEqual([400, 'request.invalid']);
  });
});

describe('the open calls of a session', () => {
  it('are listed with arguments, deadline and holder, in pages', async () => {
    app.model.script({ calls: [...reads('a').calls, ...reads('b').calls, ...writes('c').calls] }, DONE);
    const [a, b] = callsIn(await client.ask(sessionId, 'Look')) as [string, string];
    await claim(b, 'window 2');
    const path = `/v1/sessions/${sessionId}/tool-calls`;
    const { body } = await client.get(`${path}?status=open`);
    expect(body).toMatchObject({
      data: [
        {
          ...{ call_id: a, arguments: { path: 'a' }, status: 'requested', client_id: null },
          ...{ deadline_at: expect.any(String) as string, claim_expires_at: null },
        },
        { call_id: b, client_id: 'window 2', claim_expires_at: expect.any(String) as string },
        { tool_name: 'write_file', status: 'awaiting_approval', deadline_at: null },
      ],
      has_more: false,
    });
    const first = await client.get(`${path}?limit=2`);
    expect(first.body.data).toEqual(body.data.slice(0, 2));
    const next = await client.get(`${path}?cursor=${first.body.next_cursor}`);
    expect(next.body.data).toEqual(body.data.slice(2));
    expect(codeOf(await client.get(`${path}?status=settled`))).toEqual([400, 'request.invalid']);
    await answer(a);
    expect((await client.get(path)).body.data).toHaveLength(2);
  });

  it('are none in a session at rest', async () => {
    const { body } = await client.get(`/v1/sessions/${sessionId}/tool-calls`);
    expect(body).toEqual({ data: [], has_more: false, next_cursor: null });
  });
});
