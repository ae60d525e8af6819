import { describe, expect, it } from 'vitest';
import { isFinished } from '../support/client.js';
import { all, askedIn, callDecision, callIn, find, toolResult } from '../support/scenes.js';
import {
  DONE,
  LOOK_UP,
  allow,
  answer,
  app,
  callRow,
  content,
  declare,
  letLapse,
  looksUp,
  sessionId,
  shown,
  tool,
  turnTo,
  withdraw,
} from './support/declared-tools.js';

describe('a call of such a tool', () => {
  it.each(['read', 'write', 'execute'])('is asked about, whatever effect it claims: %s', async (effect) => {
    await declare([tool(LOOK_UP, { effect, timeout_seconds: 30 })]);
    app.model.script(looksUp('{"number":"7"}'), DONE);
    const asked = await app.client.ask(sessionId, 'Look');
    const { call_id: callId, tool_name: name, arguments: args } = askedIn(asked);
    expect([name, args]).toEqual([LOOK_UP, { number: 7, state: 'open' }]);
    expect(all(asked, 'tool_call.requested')).toEqual([]);
    expect(await callRow()).toMatchObject({ source: 'client', status: 'awaiting_approval' });
    const allowed = await allow(callId);
    expect(find(allowed, 'tool_call.requested').data).toMatchObject({
      call_id: callId,
      tool_name: LOOK_UP,
      source: 'client',
      arguments: { number: 7, state: 'open' },
    });
    expect((await callRow())['seconds']).toBeLessThanOrEqual(30);
    const done = await app.client.stream(sessionId, toolResult(callId, { result: { title: 'Login' } }));
    expect(find(done, 'run.finished').data.status).toBe('completed');
    expect(content(-1)).toBe('{"title":"Login"}');
    expect(await callRow()).toMatchObject({ status: 'completed' });
  });

  it('of a built-in one says so', async () => {
    app.model.script({ calls: [{ name: 'read_file', args: { path: 'a' } }] });
    const asked = await app.client.ask(sessionId, 'Look');
    expect(find(asked, 'tool_call.requested').data.source).toBe('builtin');
  });

  it('with invalid arguments is never asked about, and the model reads what is wrong', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script(looksUp({ number: 'seven' }), DONE);
    const events = await app.client.ask(sessionId, 'Look');
    expect(all(events, 'approval.requested')).toEqual([]);
    expect(content(-1)).toBe('Error: number: must be integer');
  });

  it('is checked again where a person edits it', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script(looksUp(), DONE);
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Look'));
    const edit = (args: object) =>
      app.client.input(sessionId, callDecision(callId, 'edit', { modified_arguments: args }));
    const refused = await edit({ number: 'x' });
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'modified_arguments.number']);
    expect((await edit({ number: 8 })).status).toBe(202);
    expect(await callRow()).toMatchObject({ status: 'requested', arguments: { number: 8, state: 'open' } });
  });

  it('is refused in a subtask and elsewhere as any other tool that is not there', async () => {
    app.model.script(looksUp(), DONE);
    await app.client.ask(sessionId, 'Look');
    expect(content(-1)).toMatch(/There is no tool mcp__tickets__look_up/);
  });

  it('is announced as soon as the model begins it', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script(looksUp(), DONE);
    const events = await app.client.ask(sessionId, 'Look');
    const { call_id: callId } = askedIn(events);
    expect(find(events, 'tool_call.drafted').data).toMatchObject({ call_id: callId, tool_name: LOOK_UP });
  });

  it('counts as one of a client where that answers with an error', async () => {
    const grown = await app.growth('tool_errors_total');
    await declare([tool(LOOK_UP)]);
    app.model.script(looksUp(), DONE);
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Look'));
    await allow(callId);
    await app.client.stream(sessionId, toolResult(callId, { error: 'No such ticket' }));
    expect(await grown()).toEqual({ 'tool_errors_total{tool="client",code="other"}': 1 });
  });

  it('makes no series of its own', async () => {
    const grown = await app.growth('tool_calls_total');
    await declare(Array.from({ length: 64 }, (_, n) => tool(`mcp__s${n}__t`)));
    app.model.script(
      { calls: Array.from({ length: 64 }, (_, n) => ({ name: `mcp__s${n}__t`, args: {} })) },
      DONE,
    );
    await app.client.ask(sessionId, 'Look');
    const ended = await app.database.rows(
      `select count(*)::int as calls from tool_calls where session_id = $1 and source = 'client' and status = 'failed'`,
      [sessionId],
    );
    expect(ended).toEqual([{ calls: 64 }]);
    const others = Object.entries(await grown()).filter(([series]) => !series.includes('attempt_completion'));
    expect(others).toEqual([[expect.stringContaining('tool="client"'), 64]]);
    const { body } = await app.client.get('/metrics');
    expect(body).not.toContain('mcp__');
  });
});

describe('what a person has chosen for a session', () => {
  const setMode = (mode: string) =>
    app.client.call('PATCH', `/v1/sessions/${sessionId}`, { approval_mode: mode });

  it.each(['read', 'write', 'execute'])('accepts no %s of such a tool as an edit', async (effect) => {
    await declare([tool(LOOK_UP, { effect })]);
    await setMode('accept_edits');
    app.model.script(looksUp(), DONE);
    const events = await app.client.ask(sessionId, 'Look');
    expect(askedIn(events).tool_name).toBe(LOOK_UP);
    expect(all(events, 'tool_call.requested')).toEqual([]);
  });

  it.each([
    [{ effect: 'write' }, 'rejected'],
    [{ effect: 'execute' }, 'rejected'],
    [{}, 'rejected'],
    [{ effect: 'read' }, 'awaiting_approval'],
  ])('read_only, the tool says %j: %s', async (claimed, status) => {
    await declare([tool(LOOK_UP, claimed)]);
    await setMode('read_only');
    app.model.script(looksUp(), DONE);
    await app.client.ask(sessionId, 'Look');
    expect(await callRow()).toMatchObject({ status });
  });

  it('is remembered of the tool, whatever its arguments are, until it is taken back', async () => {
    const WITH_PATH = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
    await declare([tool(LOOK_UP, { parameters: WITH_PATH }), tool('own_other', { parameters: WITH_PATH })]);
    const looksAt = (path: string, name = LOOK_UP) => looksUp({ path }, name);
    app.model.script(looksAt('a'), looksAt('b'), looksAt('c', 'own_other'), DONE);
    const asked = askedIn(await app.client.ask(sessionId, 'Look'));
    expect(asked.suggestions).toEqual([]);
    const patterned = callDecision(asked.call_id, 'approve', { remember_when: { path: '**' } });
    const refused = await app.client.input(sessionId, patterned);
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'remember_when.path']);
    await allow(asked.call_id, { remember: true });
    const again = await app.client.stream(sessionId, toolResult(asked.call_id));
    expect(all(again, 'approval.requested')).toEqual([]);
    const { call_id: second, arguments: args } = find(again, 'tool_call.requested').data;
    expect(args).toEqual({ path: 'b' });
    const permissions = `/v1/sessions/${sessionId}/permissions`;
    expect((await app.client.get(permissions)).body.data).toMatchObject([
      { id: asked.id, tool_name: LOOK_UP, arguments: {}, remember_when: null },
    ]);
    const other = await app.client.stream(sessionId, toolResult(second));
    expect(askedIn(other).tool_name).toBe('own_other');
    await app.client.stream(sessionId, callDecision(askedIn(other).call_id, 'reject'));
    await app.client.call('DELETE', permissions);
    app.model.reset();
    app.model.script(looksAt('b'), DONE);
    expect(askedIn(await app.client.ask(sessionId, 'Look again')).tool_name).toBe(LOOK_UP);
  });
});

describe('a claim of such a call', () => {
  const claim = (callId: string, clientId: string) =>
    app.client.post(`/v1/tool-calls/${callId}/claim`, { client_id: clientId });
  const claimed = async (more: object, ttl = 600) => {
    await declare([tool(LOOK_UP, more)], 'window-1', ttl);
    app.model.script(looksUp(), DONE);
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Look'));
    await allow(callId);
    expect((await claim(callId, 'window-1')).status).toBe(200);
    return callId;
  };
  const letClaimLapse = (callId: string) =>
    app.database.rows('update tool_calls set claim_expires_at = now() where id = $1', [callId]);

  it.each([
    [{ effect: 'read' }, false],
    [{ effect: 'write' }, false],
    [{ effect: 'execute' }, true],
    [{}, true],
  ])('lapses, and a person is asked again where the tool says %j: %s', async (more, needsApproval) => {
    const callId = await claimed(more);
    await letClaimLapse(callId);
    const events = await app.client.readUntil(sessionId, ({ type }) => type === 'tool_call.released');
    expect(find(events, 'tool_call.released').data).toEqual({
      call_id: callId,
      attempt: 2,
      needs_approval: needsApproval,
    });
    expect((await claim(callId, 'window-2')).status).toBe(needsApproval ? 409 : 200);
  });

  it('renews the list of its client, and of no other', async () => {
    const seconds = async () => {
      const rows = await app.database.rows<{ client_id: string; seconds: number }>(
        `select client_id, round(extract(epoch from expires_at - now()))::int as seconds
           from client_tools where session_id = $1 order by client_id`,
        [sessionId],
      );
      return rows.map((row) => row.seconds);
    };
    const callId = await claimed({});
    await declare([tool('own_one')], 'window-2', 600);
    const age = () =>
      app.database.rows(
        `update client_tools set expires_at = now() + interval '20 seconds' where session_id = $1`,
        [sessionId],
      );
    await age();
    expect((await claim(callId, 'window-2')).status).toBe(409);
    expect(await seconds()).toEqual([20, 20]);
    expect((await claim(callId, 'window-1')).status).toBe(200);
    expect(await seconds()).toEqual([600, 20]);
  });

  it('keeps the call for its client while that holds it, also where its list is over; not beyond', async () => {
    const callId = await claimed({ effect: 'read' });
    await letLapse();
    // A call of another session is settled by the same watch meanwhile.
    const watched = sessionId;
    app.model.reset();
    turnTo(await app.client.openSession({ agent: 'coder' }));
    await declare([tool(LOOK_UP)]);
    app.model.script(looksUp(), DONE);
    await allow(askedIn(await app.client.ask(sessionId, 'Look')).call_id);
    await letLapse();
    await app.client.readUntil(sessionId, isFinished);
    turnTo(watched);
    expect(await callRow()).toMatchObject({ status: 'requested' });
    app.model.reset();
    app.model.script(DONE);
    await letClaimLapse(callId);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(find(events, 'tool_call.settled').data).toMatchObject({ call_id: callId, status: 'failed' });
    expect(content(-1)).toMatch(/is not available: .* whether it was carried out is not known/);
  });
});

describe('a client that is gone', () => {
  const openCall = async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script(looksUp(), DONE);
    return askedIn(await app.client.ask(sessionId, 'Look')).call_id;
  };
  const GONE = `Error: ${LOOK_UP} is not available: the client that has declared it is gone`;

  it.each([
    ['its time is over', () => letLapse()],
    ['it has withdrawn its tools', () => withdraw()],
    ['it has dropped the tool', () => declare([])],
  ])('has its open call answered at once, when %s', async (_how, leave) => {
    const callId = await openCall();
    const { 0: first } = await allow(callId);
    expect(await callRow()).toMatchObject({ status: 'requested' });
    await leave();
    const events = await app.client.readUntil(sessionId, isFinished, first!.id);
    expect(find(events, 'tool_call.settled').data).toMatchObject({ call_id: callId, status: 'failed' });
    expect(content(-1)).toBe(GONE);
  });

  it.each([
    ['by its names, without its schemas', `tools = '[]'`],
    ['by its tools, where the release before has stored it', 'names = null'],
  ])('is told from one whose list is there: %s', async (_how, change) => {
    const callId = await openCall();
    await app.database.rows(`update client_tools set ${change} where session_id = $1`, [sessionId]);
    expect(find(await allow(callId), 'tool_call.requested').data.call_id).toBe(callId);
  });

  it('is not asked for a call that is allowed after it', async () => {
    const callId = await openCall();
    await letLapse();
    const events = await allow(callId);
    expect(all(events, 'tool_call.requested')).toEqual([]);
    expect(find(events, 'run.finished').data.status).toBe('completed');
    expect(content(-1)).toBe(GONE);
    expect(await callRow()).toMatchObject({ status: 'failed' });
  });

  it('is not asked about, where the model calls its tool later in the run', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script({ calls: [{ name: 'read_file', args: { path: 'a' } }] }, looksUp(), DONE);
    const callId = callIn(await app.client.ask(sessionId, 'Look'));
    await letLapse();
    const events = await app.client.stream(sessionId, toolResult(callId));
    expect(all(events, 'approval.requested')).toEqual([]);
    expect(content(-1)).toBe(GONE);
    app.model.script(...[1, 2, 3].map(() => DONE), DONE);
    await app.client.ask(sessionId, 'Again');
    expect(shown().at(-1)).toEqual([]);
  });

  it('is back before its time is over by declaring the same again', async () => {
    const callId = await openCall();
    await allow(callId);
    await declare([tool(LOOK_UP)], 'window-1', 60);
    expect((await answer(callId)).status).toBe(202);
    await app.client.readUntil(sessionId, isFinished);
    expect(await callRow()).toMatchObject({ status: 'completed' });
  });
});
