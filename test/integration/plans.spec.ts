import { describe, expect, it } from 'vitest';
import { isFinished, typesOf } from '../support/client.js';
import {
  PLAN,
  all,
  askedIn,
  callDecision,
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
import { app, contents, decide, phases, plan, transitions } from './support/plans.js';

describe('a plan', () => {
  it('goes from the task to the summary, and everything is in the database', async () => {
    app.model.script(
      { text: 'I would do it so.', ...propose() },
      { text: 'Writing.', ...writes() },
      finish('greet.js is written'),
      { text: 'It works.' },
    );
    const { sessionId, planId, events } = await toReview(app);
    expect(typesOf(events).filter((type) => type !== 'message.delta')).toEqual([
      'message.created',
      'run.started',
      'run.phase_changed',
      'run.phase_changed',
      'run.phase_changed',
      'agent.switched',
      'message.started',
      'tool_call.drafted',
      'message.completed',
      'plan.created',
      'plan.status_changed',
      'plan.approval_required',
      'run.phase_changed',
      'run.waiting',
    ]);
    expect(find(events, 'plan.created').data).toMatchObject({ plan: { status: 'draft', version: 1 } });
    expect(find(events, 'plan.approval_required').data).toMatchObject({
      plan: { id: planId, status: 'review', subtasks: [{ status: 'pending' }, { status: 'pending' }] },
    });
    expect(events.at(-1)!.data).toEqual({ for: [{ kind: 'plan_decision', id: planId }] });
    expect((await app.client.get(`/v1/sessions/${sessionId}`)).body).toMatchObject({ phase: 'plan_review' });
    const calls = () =>
      app.database.rows('select tool_name, status from tool_calls where session_id = $1 order by id', [
        sessionId,
      ]);
    expect(await calls()).toEqual([{ tool_name: 'create_plan', status: 'awaiting_approval' }]);

    const begun = await decide(sessionId, planId, 'approve');
    expect(find(begun, 'approval.resolved').data).toMatchObject({
      kind: 'plan',
      decision: 'approve',
      decided_by: 'local',
    });
    const [first, second] = (await plan(planId)).subtasks;
    expect(find(begun, 'message.started').data).toMatchObject({ agent: 'coder', subtask_id: first.id });
    const { call_id: callId } = askedIn(begun);
    await app.client.stream(sessionId, callDecision(callId, 'approve'));
    const rest = await app.client.stream(sessionId, toolResult(callId, { result: 'written' }));

    expect(
      all(rest, 'subtask.status_changed').map(({ data }) => [data.subtask_id, data.to, data.progress]),
    ).toEqual([
      [first.id, 'done', { done: 1, failed: 0, total: 2 }],
      [second.id, 'running', { done: 1, failed: 0, total: 2 }],
      [second.id, 'done', { done: 2, failed: 0, total: 2 }],
    ]);
    expect(rest.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect([...phases(events), ...phases(begun), ...phases(rest)]).toEqual([
      'receive_message',
      'is_atomic_false',
      'route_to_architect',
      'plan_created',
      'plan_approved',
      'plan_execution_completed',
    ]);

    const summary = `The plan “A greeting tool” is carried out: 2 of 2 subtasks done.

1. Write it (coder): done
greet.js is written

2. Check it (debug): done
It works.`;
    expect(await contents(sessionId)).toEqual([
      ['user', 'Build a greeting tool'],
      ['assistant', 'I would do it so.'],
      ['tool', 'The developer has approved the plan; it is carried out.'],
      ['assistant', summary],
    ]);
    expect(await contents(sessionId, `?subtask_id=${first.id}`)).toEqual([
      ['assistant', 'Writing.'],
      ['tool', 'written'],
      ['assistant', 'greet.js is written'],
    ]);
    expect(await contents(sessionId, `?subtask_id=${second.id}`)).toEqual([['assistant', 'It works.']]);

    expect(await calls()).toEqual([
      { tool_name: 'create_plan', status: 'completed' },
      { tool_name: 'write_file', status: 'completed' },
    ]);
    expect(await transitions(planId)).toEqual(
      [
        ['create', null, 'draft', 'architect'],
        ['submit', 'draft', 'review', 'architect'],
        ['approve', 'review', 'approved', 'local'],
        ['start', 'approved', 'executing', 'runtime'],
        ['complete', 'executing', 'completed', 'runtime'],
      ].map(([action, from_status, to_status, decided_by]) => ({
        ...{ action, from_status, to_status, revision: 1, decided_by, reason: null },
      })),
    );
    const [row] = await app.database.rows(
      `select p.status, a.decision, a.decided_by, a.status as answer
         from plans p join approvals a on a.id = p.approval_id where p.id = $1`,
      [planId],
    );
    expect(row).toEqual({
      status: 'completed',
      decision: 'approve',
      decided_by: 'local',
      answer: 'approved',
    });
  });

  it('gives each subtask its own context: goal, task, the results it builds on, and its own words', async () => {
    const subtasks = [
      { title: 'A', description: 'do a', agent: 'coder' },
      { title: 'B', description: 'do b', agent: 'ask' },
      { title: 'C', description: 'do c', agent: 'debug', dependencies: [0] },
    ];
    app.model.script(
      propose({ ...PLAN, subtasks }),
      reads('x'),
      finish('result of A'),
      { text: 'result of B' },
      finish('result of C'),
      { text: 'You are welcome.' },
    );
    const { sessionId, planId } = await toReview(app);
    const begun = await decide(sessionId, planId, 'approve');
    const callId = callIn(begun);
    await app.client.stream(sessionId, toolResult(callId, { result: 'content of x' }));
    const [, a1, a2, b, c] = app.model.requests.map(({ messages }) => messages);
    expect(a1!.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(a1![1]!.content).toContain('Your subtask, 1 of 3: A\ndo a');
    expect(a2!.slice(2).map(({ role, content }) => [role, content])).toEqual(
      [
        ['assistant', null],
        ['tool', 'content of x'],
      ].map(([role, content]) => [role, content ?? a2![2]!.content]),
    );
    expect(b!.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(b![1]!.content).not.toContain('result of A');
    expect(c![1]!.content).toContain('The plan: A greeting tool\nSmall, with a test');
    expect(c![1]!.content).toContain('Result of subtask 1, A:\nresult of A');
    expect(c![1]!.content).not.toContain('result of B');
    for (const { tools } of app.model.requests.slice(1)) {
      const names = tools!.map((tool) => tool.function.name);
      expect(names).not.toEqual(expect.arrayContaining(['switch_agent']));
      expect(names).not.toEqual(expect.arrayContaining(['ask_followup_question']));
    }
    // The main history goes on without the chatter.
    await app.client.ask(sessionId, 'Thank you', { agent: 'ask' });
    expect(app.model.requests.at(-1)!.messages.map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'tool', 'assistant', 'user'],
    ]);
  });

  it('that is rejected completes the run, and nothing of it is carried out', async () => {
    app.model.script(propose());
    const { sessionId, planId } = await toReview(app);
    const events = await decide(sessionId, planId, 'reject', { feedback: 'too expensive' });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(phases(events)).toEqual(['plan_rejected']);
    expect(find(events, 'approval.resolved').data).toMatchObject({
      decision: 'reject',
      reason: 'too expensive',
    });
    expect(await plan(planId)).toMatchObject({
      status: 'rejected',
      subtasks: [{ status: 'pending' }, { status: 'pending' }],
    });
    expect((await transitions(planId)).at(-1)).toMatchObject({
      action: 'reject',
      decided_by: 'local',
      reason: 'too expensive',
    });
    expect(app.model.requests).toHaveLength(1);
    expect((await contents(sessionId)).at(-1)).toEqual([
      'tool',
      'Error: the plan was rejected: too expensive',
    ]);
  });

  it('that shall be changed is planned again with the feedback, as the next version', async () => {
    const better = { ...PLAN, title: 'Test first', subtasks: [PLAN.subtasks[0]] };
    app.model.script(propose(), propose(better), finish('done'));
    const { sessionId, planId, events } = await toReview(app);
    const again = await decide(sessionId, planId, 'modify', { feedback: 'write the test first' });
    expect(phases(again)).toEqual(['plan_modification_requested', 'plan_created']);
    expect(typesOf(again)).not.toContain('plan.created');
    expect(find(again, 'plan.approval_required').data).toMatchObject({
      plan: { id: planId, version: 2, title: 'Test first', status: 'review' },
    });
    expect(app.model.requests[1]!.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: expect.stringContaining('wants the plan changed: write the test first'),
    });
    const questions = [events, again].map((part) => find(part, 'plan.approval_required').data.approval_id);
    expect(new Set(questions).size).toBe(2);

    // A user who still looks at the first version cannot approve the second by accident.
    const stale = await app.client.input(sessionId, planDecision(planId, 'approve', { version: 1 }));
    expect(stale.body).toMatchObject({ status: 409, code: 'plan.version_changed', plan_version: 2 });
    const old = await app.client.post(`/v1/approvals/${String(questions[0])}/decision`, {
      decision: 'approve',
    });
    expect(old.body).toMatchObject({ status: 409, code: 'approval.already_decided' });
    expect((await plan(planId)).status).toBe('review');

    const done = await decide(sessionId, planId, 'approve', { version: 2 });
    expect(done.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect((await transitions(planId)).map(({ action, revision }) => [action, revision])).toEqual([
      ['create', 1],
      ['submit', 1],
      ['request_changes', 1],
      ['submit', 2],
      ['approve', 2],
      ['start', 2],
      ['complete', 2],
    ]);
    const kept = await app.database.rows(
      'select revision, count(*)::int as subtasks from subtasks where plan_id = $1 group by revision order by 1',
      [planId],
    );
    expect(kept).toEqual([
      { revision: 1, subtasks: 2 },
      { revision: 2, subtasks: 1 },
    ]);
  });

  it('that the architect will not change after all is given up', async () => {
    app.model.script(propose(), { text: 'I would rather ask: why?' });
    const { sessionId, planId } = await toReview(app);
    const events = await decide(sessionId, planId, 'modify');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(typesOf(events).at(-1)).toBe('run.finished');
    expect(await plan(planId)).toMatchObject({ status: 'cancelled', version: 2, subtasks: [] });
    expect((await transitions(planId)).at(-1)).toMatchObject({
      decided_by: 'runtime',
      reason: 'not_planned_again',
    });
  });

  it('in review is rejected by a new message, which starts its own run', async () => {
    app.model.script(propose(), { text: 'Of course.' });
    const { sessionId, planId } = await toReview(app);
    const [old] = (await app.client.get(`/v1/sessions/${sessionId}/runs`)).body.data;
    const answered = await app.client.ask(sessionId, 'Something else', { agent: 'ask' });
    expect(answered.at(-1)!.data).toMatchObject({ status: 'completed' });
    const events = await app.client.readUntil(
      sessionId,
      (event) => isFinished(event) && event.run_id !== old.id,
    );
    expect(all(events, 'run.finished').map((event) => [event.run_id === old.id, event.data.status])).toEqual([
      [true, 'completed'],
      [false, 'completed'],
    ]);
    expect(find(events, 'approval.resolved').data).toMatchObject({
      decision: 'reject',
      reason: 'superseded',
    });
    expect(await plan(planId)).toMatchObject({ status: 'rejected' });
    expect((await transitions(planId)).at(-1)).toMatchObject({ decided_by: 'local', reason: 'superseded' });
    const late = await app.client.input(sessionId, planDecision(planId, 'approve'));
    expect(late.body).toMatchObject({
      status: 409,
      code: 'plan.transition_not_allowed',
      plan_status: 'rejected',
      allowed_actions: [],
    });
  });

  it('that is not decided in time is rejected', async () => {
    app.model.script(propose());
    const { sessionId, planId } = await toReview(app);
    await app.database.rows(
      `update approvals set expires_at = now() - interval '1 second' where plan_id = $1`,
      [planId],
    );
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(find(events, 'approval.resolved').data).toMatchObject({
      decision: 'reject',
      decided_by: 'runtime',
      reason: 'expired',
    });
    expect(await plan(planId)).toMatchObject({ status: 'rejected' });
    const [question] = (await app.client.get(`/v1/sessions/${sessionId}/approvals`)).body.data;
    const late = await app.client.post(`/v1/approvals/${question.id}/decision`, { decision: 'approve' });
    expect(late.body).toMatchObject({ status: 409, code: 'approval.expired' });
  });

  it('can be proposed by an architect that the user named', async () => {
    app.model.script(propose());
    const sessionId = await app.client.openSession();
    const events = await app.client.ask(sessionId, 'Plan it', { agent: 'architect' });
    expect(phases(events)).toEqual(['receive_directed_message', 'plan_created']);
  });

  it('is shown with an ETag that changes with it', async () => {
    app.model.script(propose());
    const { planId } = await toReview(app);
    const { headers } = await app.client.get(`/v1/plans/${planId}`);
    const tag = headers.get('etag')!;
    const known = async (tags: string) =>
      (await app.client.call('GET', `/v1/plans/${planId}`, undefined, { 'if-none-match': tags })).status;
    for (const tags of [tag, `W/${tag}`, `"other", ${tag}`, '*'])
      expect([tags, await known(tags)]).toEqual([tags, 304]);
    for (const tags of ['"other"', tag.slice(1, -1)]) expect([tags, await known(tags)]).toEqual([tags, 200]);
    await app.client.post(`/v1/plans/${planId}/cancel`);
    expect(await known(tag)).toBe(200);
  });

  it('is listed with the others of its session, newest first', async () => {
    app.model.script(propose(), propose({ ...PLAN, title: 'Second' }));
    const { sessionId } = await toReview(app);
    await app.client.ask(sessionId, 'Another one');
    const { body } = await app.client.get(`/v1/sessions/${sessionId}/plans?limit=1`);
    expect(body).toMatchObject({ data: [{ title: 'Second', status: 'review' }], has_more: true });
    const next = await app.client.get(`/v1/sessions/${sessionId}/plans?limit=1&cursor=${body.next_cursor}`);
    expect(next.body).toMatchObject({
      data: [{ title: 'A greeting tool', status: 'rejected', history: { length: 3 } }],
      has_more: false,
    });
  });
});

describe('a proposal', () => {
  const subtask = { title: 't', description: 'd', agent: 'coder' };
  it.each([
    ['no subtasks', { ...PLAN, subtasks: [] }, /subtasks: /],
    ['500 subtasks', { ...PLAN, subtasks: Array.from({ length: 500 }, () => subtask) }, /subtasks: .*50/],
    [
      'an unknown agent',
      { ...PLAN, subtasks: [{ ...subtask, agent: 'wizard' }] },
      /subtasks.0.agent: .*coder/,
    ],
    ['work for the architect', { ...PLAN, subtasks: [{ ...subtask, agent: 'architect' }] }, /must be one of/],
    [
      'a cycle',
      {
        ...PLAN,
        subtasks: [
          { ...subtask, dependencies: [1] },
          { ...subtask, dependencies: [0] },
        ],
      },
      /cycle/,
    ],
    ['an unknown dependency', { ...PLAN, subtasks: [{ ...subtask, dependencies: [9] }] }, /no subtask 9/],
    ['no title', { ...PLAN, title: ' ' }, /title/],
    ['too much text', { ...PLAN, description: 'x'.repeat(10_001) }, /description/],
    ['arguments that are not JSON', '{"title": ', /not valid JSON/],
  ])('with %s goes back to the model, which may try again', async (_what, args, error) => {
    app.model.script({ calls: [{ name: 'create_plan', args }] }, propose());
    const { events } = await toReview(app);
    expect(app.model.requests[1]!.messages.at(-1)!.content as string).toMatch(error);
    expect(all(events, 'plan.created')).toHaveLength(1);
  });

  it('beside other calls, or made twice in one reply, is refused as well', async () => {
    app.model.script({ calls: [propose().calls[0]!, propose().calls[0]!] }, propose());
    const { sessionId } = await toReview(app);
    expect(app.model.requests[1]!.messages.at(-1)!.content as string).toMatch(/only tool call/);
    const [count] = await app.database.rows(
      'select count(*)::int as plans from plans where session_id = $1',
      [sessionId],
    );
    expect(count).toEqual({ plans: 1 });
  });

  it('that stays wrong ends the planning, clearly', async () => {
    app.model.always(propose({ ...PLAN, subtasks: [] }));
    const sessionId = await app.client.openSession();
    const events = await app.client.ask(sessionId, 'Build it');
    expect(events.at(-1)!.data).toMatchObject({
      status: 'failed',
      error: { code: 'tool.arguments_invalid' },
    });
    expect(phases(events).slice(-2)).toEqual(['planning_failed', 'give_up']);
    expect((await app.client.get(`/v1/sessions/${sessionId}/plans`)).body.data).toEqual([]);
  });

  it('is not needed: an architect may answer in prose', async () => {
    app.model.script({ text: 'It exists already.' });
    const sessionId = await app.client.openSession();
    const events = await app.client.ask(sessionId, 'Build it');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('comes only from an agent that may plan', async () => {
    app.model.script(propose(), { text: 'I see.' });
    const sessionId = await app.client.openSession();
    await app.client.ask(sessionId, 'Do it', { agent: 'coder' });
    expect(app.model.requests[1]!.messages.at(-1)!.content as string).toMatch(
      /coder may not use create_plan; architect may: hand over/,
    );
  });
});
