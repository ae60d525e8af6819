import { describe, expect, it } from 'vitest';
import { isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  PLAN,
  all,
  callIn,
  find,
  finish,
  planDecision,
  propose,
  reads,
  toReview,
  toolResult,
  writes,
} from '../support/scenes.js';
import { held } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';
import { app, contents, decide, phases, plan, transitions } from './support/plans.js';

describe('a subtask', () => {
  it('that fails is tried once more by itself, and goes on from what was said', async () => {
    app.model.script(propose(), reads('x'), { status: 400 }, finish('at last'), finish('checked'));
    const { sessionId, planId } = await toReview(app);
    const begun = await decide(sessionId, planId, 'approve');
    const callId = callIn(begun);
    const rest = await app.client.stream(sessionId, toolResult(callId, { result: 'X' }));
    expect(rest.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(phases(rest)).toEqual(['plan_execution_failed', 'retry_subtask', 'plan_execution_completed']);
    expect(
      all(rest, 'subtask.status_changed')
        .slice(0, 3)
        .map(({ data }) => data.to),
    ).toEqual([...['failed', 'pending', 'running']]);
    const [first] = (await plan(planId)).subtasks;
    expect(first).toMatchObject({ status: 'done', attempt: 2, result: 'at last', error: null });
    const asked = app.model.requests[3]!.messages;
    expect(asked[1]!.content).toContain('An earlier attempt failed: ');
    expect(asked.at(-1)).toMatchObject({ role: 'tool', content: 'X' });
  });

  it('that fails again fails the plan; a retry goes on from it in a run of its own', async () => {
    app.model.script(propose(), finish('written'), { status: 400 }, { status: 400 }, finish('checked'));
    const { sessionId, planId } = await toReview(app);
    const events = await decide(sessionId, planId, 'approve');
    expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code: 'model.request_refused' } });
    expect(phases(events).slice(-2)).toEqual(['plan_execution_failed', 'give_up']);
    const failed = await plan(planId);
    expect(failed).toMatchObject({
      status: 'failed',
      subtasks: [
        { status: 'done', result: 'written' },
        { status: 'failed', attempt: 2, error: { code: 'model.request_refused' } },
      ],
    });
    expect((await contents(sessionId)).at(-1)[1]).toMatch(/has failed: 1 of 2 subtasks done[\s\S]*written/);

    const retried = await app.client.post(`/v1/plans/${planId}/retry`, { reason: 'the model is back' });
    expect(retried.status).toBe(202);
    expect(retried.body).toMatchObject({ plan: { status: 'executing' }, run: { trigger: 'plan_retry' } });
    const done = await app.client.readUntil(sessionId, isFinished, retried.body.last_event_id);
    expect(new Set(done.map(({ run_id }) => run_id))).toEqual(new Set([retried.body.run.id]));
    expect(phases(done)).toEqual(['retry_plan', 'plan_execution_completed']);
    expect(done.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(await plan(planId)).toMatchObject({
      status: 'completed',
      run_id: retried.body.run.id,
      subtasks: [{ attempt: 1 }, { status: 'done', attempt: 1, result: 'checked' }],
    });
    expect((await transitions(planId)).find(({ action }) => action === 'retry')).toMatchObject({
      decided_by: 'local',
      reason: 'the model is back',
    });
    expect(app.model.requests).toHaveLength(5);
  });

  it('that was the last one leaves nothing to do for a retry but to say so', async () => {
    app.model.script(propose({ ...PLAN, subtasks: [PLAN.subtasks[0]] }), finish('written'));
    const { sessionId, planId } = await toReview(app);
    await decide(sessionId, planId, 'approve');
    // As if the process had been stopped between the last subtask and the end of the plan.
    await app.database.rows(`update plans set status = 'failed' where id = $1`, [planId]);
    const { body } = await app.client.post(`/v1/plans/${planId}/retry`);
    const events = await app.client.readUntil(sessionId, isFinished, body.last_event_id);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(await plan(planId)).toMatchObject({ status: 'completed' });
  });

  it('may use up the model calls of the run; a retry has its own', async () => {
    const tight = await TestApp.start(
      { MODEL_CALL_LIMIT: '2' },
      { database: app.database, model: app.model },
    );
    try {
      app.model.script(propose(), finish('written'), finish('checked'));
      const { sessionId, planId } = await toReview(tight);
      const events = await tight.client.stream(sessionId, planDecision(planId, 'approve'));
      expect(events.at(-1)!.data).toMatchObject({ status: 'model_call_limit' });
      expect(await plan(planId)).toMatchObject({ status: 'failed' });
      const { body } = await tight.client.post(`/v1/plans/${planId}/retry`);
      const done = await tight.client.readUntil(sessionId, isFinished, body.last_event_id);
      expect(done.at(-1)!.data).toMatchObject({ status: 'completed' });
    } finally {
      await tight.stop();
    }
  });

  it('cannot hand over or ask back', async () => {
    app.model.script(
      propose({ ...PLAN, subtasks: [PLAN.subtasks[0]] }),
      { calls: [{ name: 'ask_followup_question', args: { question: 'Which?' } }] },
      { calls: [{ name: 'switch_agent', args: { agent: 'debug', reason: 'x' } }] },
      finish('decided myself'),
    );
    const { sessionId, planId } = await toReview(app);
    const events = await decide(sessionId, planId, 'approve');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(typesOf(events)).not.toContain('agent.switched');
    expect(app.model.requests[2]!.messages.at(-1)!.content as string).toMatch(
      /coder may not use ask_followup_question here; your tools are read_file/,
    );
  });
});

describe('cancelling a plan', () => {
  const cancel = (planId: string) => app.client.post(`/v1/plans/${planId}/cancel`, { reason: 'no time' });

  it('in review ends its run, which waits for nothing any more', async () => {
    app.model.script(propose());
    const { sessionId, planId } = await toReview(app);
    const cancelled = await cancel(planId);
    expect(cancelled.status).toBe(202);
    expect(cancelled.body).toMatchObject({ plan: { status: 'cancelled' }, run: { status: 'cancelled' } });
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    expect(find(events, 'approval.resolved').data).toMatchObject({
      decision: 'cancel',
      reason: 'run_cancelled',
    });
    expect(find(events, 'tool_call.settled').data).toMatchObject({
      tool_name: 'create_plan',
      status: 'cancelled',
    });
    expect((await transitions(planId)).at(-1)).toMatchObject({ decided_by: 'local', reason: 'no time' });
    const again = await cancel(planId);
    expect(again.body).toMatchObject({
      status: 409,
      code: 'plan.transition_not_allowed',
      allowed_actions: [],
    });
  });

  it('that waits for a tool or an approval settles both', async () => {
    const two = { calls: [...writes().calls, ...reads().calls] };
    app.model.script(propose(), two);
    const { sessionId, planId } = await toReview(app);
    await decide(sessionId, planId, 'approve');
    expect((await cancel(planId)).body.run).toMatchObject({ status: 'cancelled', waiting_for: [] });
    const calls = await app.database.rows('select status from tool_calls where session_id = $1 order by id', [
      sessionId,
    ]);
    expect(calls.map(({ status }) => status)).toEqual(['completed', 'cancelled', 'cancelled']);
    const approvals = await app.client.get(`/v1/sessions/${sessionId}/approvals?status=pending`);
    expect(approvals.body.data).toEqual([]);
    expect((await plan(planId)).subtasks.map(({ status }: { status: string }) => status)).toEqual([
      'failed',
      'skipped',
    ]);
    expect((await contents(sessionId)).at(-1)[1]).toMatch(/was cancelled: 0 of 2/);
  });

  it('while an agent speaks cuts it short, and keeps what it had said', async () => {
    app.model.script(propose(), { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 100 } });
    const { sessionId, planId } = await toReview(app);
    await app.client.input(sessionId, planDecision(planId, 'approve'));
    await app.client.readUntil(
      sessionId,
      (event) => event.type === 'message.delta' && event.data.text.startsWith('word'),
    );
    expect((await cancel(planId)).body.plan).toMatchObject({ status: 'cancelled' });
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    const cut = all(events, 'message.completed').at(-1)!;
    expect(cut.data).toMatchObject({ finish_reason: 'cancelled', agent: 'coder' });
    expect(cut.data.content).toMatch(/^word /);
    await eventually(async () => {
      const [call] = await app.database.rows(
        `select status from llm_calls where session_id = $1 order by id desc limit 1`,
        [sessionId],
      );
      expect(call).toEqual({ status: 'aborted' });
    });
    app.model.reset();
    app.model.script({ text: 'Free again.' });
    expect((await app.client.ask(sessionId, 'Hello?', { agent: 'ask' })).at(-1)!.data).toMatchObject({
      status: 'completed',
    });
  });

  it.each([
    ['answers', { text: 'word '.repeat(2000) }],
    ['calls for a tool', { text: 'word '.repeat(2000), ...writes() }],
  ])('on another instance ends it as well, when the agent that speaks %s', async (_what, reply) => {
    const other = await TestApp.start({}, { database: app.database, model: app.model });
    try {
      app.model.script(propose(), { ...reply, pace: { chunk: 5, tokensPerSecond: 100 } });
      const { sessionId, planId } = await toReview(app);
      await app.client.input(sessionId, planDecision(planId, 'approve'));
      await app.client.readUntil(
        sessionId,
        (event) => event.type === 'message.delta' && event.data.text.startsWith('word'),
      );
      expect((await other.client.post(`/v1/plans/${planId}/cancel`)).status).toBe(202);
      const events = await app.client.readUntil(sessionId, isFinished);
      expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
      expect(typesOf(events)).not.toContain('approval.requested');
      expect(await plan(planId)).toMatchObject({ status: 'cancelled' });
    } finally {
      await other.stop();
    }
  });

  it('unheard while an agent is asked ends the run at its next step, and leaves the subtask as it is', async () => {
    const [answer, letGo] = held({ text: 'Well.' });
    app.model.script(propose(), answer);
    const { sessionId, planId } = await toReview(app);
    await app.client.input(sessionId, planDecision(planId, 'approve'));
    await eventually(() => expect(app.model.requests).toHaveLength(2));
    // As another instance would leave it, whose notice is lost.
    await app.database.rows(`update plans set status = 'cancelled' where id = $1`, [planId]);
    await app.database.rows(
      `update runs set cancel_requested_at = now(), version = version + 1 where session_id = $1`,
      [sessionId],
    );
    letGo();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
    expect((await plan(planId)).subtasks[0]).toMatchObject({ status: 'running', result: null });
  });

  it('that has failed leaves its finished run alone', async () => {
    app.model.script(propose(), { status: 400 }, { status: 400 });
    const { sessionId, planId } = await toReview(app);
    await decide(sessionId, planId, 'approve');
    const cancelled = await cancel(planId);
    expect(cancelled.body).toMatchObject({ plan: { status: 'cancelled' }, run: { status: 'failed' } });
    const events = await app.client.readUntil(
      sessionId,
      ({ type, data }) => type === 'plan.status_changed' && data.to === 'cancelled',
    );
    expect(events.at(-1)).toMatchObject({ type: 'plan.status_changed', run_id: null });
  });
});
