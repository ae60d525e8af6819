import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isFinished, isWaiting, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  UNKNOWN,
  all,
  approvalsIn,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'coder' });
});

const decide = (callId: string, decision: string, more?: object) =>
  app.client.stream(sessionId, callDecision(callId, decision, more));

const decideByRest = (approvalId: string, decision: string, more: object = {}) =>
  app.client.post(`/v1/approvals/${approvalId}/decision`, { decision, ...more });

const result = (callId: string, more?: object) => app.client.input(sessionId, toolResult(callId, more));

const rowOf = async (approvalId: string) => {
  const [row] = await app.database.rows(
    'select status, decision, decided_by, feedback, remember, decided_at is not null as timed from approvals where id = $1',
    [approvalId],
  );
  return row;
};

const callStatuses = async () =>
  (
    await app.database.rows('select status from tool_calls where session_id = $1 order by id', [sessionId])
  ).map(({ status }) => status);

/** A run that waits for approval of a write. */
async function ask(
  ...more: Parameters<TestApp['model']['script']>
): Promise<{ id: string; call_id: string }> {
  app.model.script({ text: 'I will write it.', ...writes('a.txt') }, ...more);
  return askedIn(await app.client.ask(sessionId, 'Write a.txt'));
}

describe('a tool call that changes something', () => {
  it('is announced as a question, and requested only when it is approved', async () => {
    const decided = await app.growth('approvals_total');
    const waits = await app.growth('approval_wait_seconds_count');
    app.model.script(writes('a.txt'), finish('Done.'));
    const asked = await app.client.ask(sessionId, 'Write a.txt');
    expect(typesOf(asked)).not.toContain('tool_call.requested');
    const approval = askedIn(asked);
    expect(approval).toMatchObject({
      kind: 'tool_call',
      tool_name: 'write_file',
      subject: 'write_file a.txt',
      arguments: { path: 'a.txt', content: 'hello' },
      reason: 'It changes a file',
      status: 'pending',
      decision: null,
    });
    expect(asked.at(-1)!.data).toEqual({ for: [{ kind: 'approval', id: approval.id }] });
    expect(await callStatuses()).toEqual(['awaiting_approval']);

    const early = await result(approval.call_id);
    expect(early.body).toMatchObject({ status: 409, code: 'tool_call.not_requested' });

    const approved = await decide(approval.call_id, 'approve');
    expect(typesOf(approved)).toEqual(['approval.resolved', 'tool_call.requested', 'run.waiting']);
    expect(approved[0]!.data).toMatchObject({
      approval_id: approval.id,
      decision: 'approve',
      decided_by: 'local',
    });
    expect(approved[1]!.data).toMatchObject({
      call_id: approval.call_id,
      arguments: { path: 'a.txt', content: 'hello' },
      deadline_at: expect.any(String),
    });
    expect(approved[2]!.data).toEqual({ for: [{ kind: 'tool_result', id: approval.call_id }] });
    expect(await rowOf(approval.id)).toEqual({
      ...{ status: 'approved', decision: 'approve', decided_by: 'local', feedback: null },
      ...{ remember: false, timed: true },
    });
    expect(await callStatuses()).toEqual(['requested']);
    await result(approval.call_id);
    expect((await app.client.readUntil(sessionId, isFinished)).at(-1)!.data).toMatchObject({
      status: 'completed',
    });
    await eventually(async () => {
      expect(await decided()).toEqual({ 'approvals_total{kind="tool_call",decision="approve"}': 1 });
      expect(await waits()).toEqual({ 'approval_wait_seconds_count{kind="tool_call"}': 1 });
    });
  });

  it('is executed with the arguments of the user, of which the model hears', async () => {
    const approval = await ask(finish('Done.'));
    const args = { path: 'b.txt', content: 'better' };
    const edited = await decide(approval.call_id, 'edit', { modified_arguments: args });
    expect(find(edited, 'tool_call.requested').data.arguments).toEqual(args);
    await result(approval.call_id, { result: 'written' });
    await app.client.readUntil(sessionId, isFinished);
    expect(app.model.requests[1]!.messages.at(-1)!.content).toBe(
      'written\n\n(Before allowing this call the developer changed its arguments to {"path":"b.txt","content":"better"})',
    );
    const [call] = await app.database.rows('select arguments, edited, status from tool_calls where id = $1', [
      approval.call_id,
    ]);
    expect(call).toEqual({ arguments: args, edited: true, status: 'completed' });
    const { body } = await app.client.get(`/v1/approvals/${approval.id}`);
    expect(body).toMatchObject({
      status: 'approved',
      decision: 'edit',
      arguments: { path: 'a.txt', content: 'hello' },
      modified_arguments: args,
    });
    const again = await app.client.input(
      sessionId,
      callDecision(approval.call_id, 'edit', { modified_arguments: { content: 'better', path: 'b.txt' } }),
    );
    expect(again.status).toBe(200);
  });

  it.each([
    [{ path: '../b.txt', content: '' }, 'modified_arguments.path'],
    [{ path: 'b.txt:c.ts', content: '' }, 'modified_arguments.path'],
    [{ path: 'b.txt' }, 'modified_arguments.content'],
    [{ path: 7, content: '' }, 'modified_arguments.path'],
  ])('cannot be edited to %j, and stays open', async (modified_arguments, field) => {
    const approval = await ask();
    const refused = await decideByRest(approval.id, 'edit', { modified_arguments });
    expect(refused.body).toMatchObject({ status: 400, code: 'request.invalid', errors: [{ field }] });
    expect(await rowOf(approval.id)).toMatchObject({ status: 'pending' });
    expect(await callStatuses()).toEqual(['awaiting_approval']);
  });

  it('cannot be edited to what its agent may not do', async () => {
    app.model.script(writes('plan.md'));
    const events = await app.client.ask(sessionId, 'Document it', { agent: 'architect' });
    const refused = await decideByRest(askedIn(events).id, 'edit', {
      modified_arguments: { path: 'src/a.ts', content: '' },
    });
    expect(refused.body).toMatchObject({
      status: 400,
      errors: [{ field: 'modified_arguments.path', message: 'architect may not write src/a.ts' }],
    });
  });

  it.each([
    ['approve', { modified_arguments: {} }, 'modified_arguments'],
    ['edit', {}, 'modified_arguments'],
    ['modify', {}, 'decision'],
    ['reject', { remember: true }, 'remember'],
    ['maybe', {}, 'decision'],
    ['reject', { feedback: '' }, 'feedback'],
    ['approve', { version: 1 }, 'version'],
    ['approve', { force: true }, 'body'],
  ])('is not decided by %s with %j', async (decision, more, field) => {
    const approval = await ask();
    const refused = await decideByRest(approval.id, decision, more);
    expect(refused.body).toMatchObject({ status: 400, code: 'request.invalid' });
    expect(JSON.stringify(refused.body.errors)).toContain(field === 'body' ? 'force' : field);
    expect(await rowOf(approval.id)).toMatchObject({ status: 'pending' });
  });

  it('that is rejected is told to the model, which goes on', async () => {
    const approval = await ask({ text: 'Then I leave it.' });
    const events = await decide(approval.call_id, 'reject', { feedback: 'not in this folder' });
    expect(typesOf(events).filter((type) => type !== 'message.delta')).toEqual([
      'approval.resolved',
      'tool_call.settled',
      'message.created',
      'run.resumed',
      'message.started',
      'message.completed',
      'run.phase_changed',
      'run.finished',
    ]);
    expect(find(events, 'tool_call.settled').data).toMatchObject({ status: 'rejected' });
    expect(find(events, 'run.resumed').data).toEqual({ by: 'hitl_decision' });
    expect(app.model.requests[1]!.messages.at(-1)!.content).toBe(
      'Error: the developer did not allow this call: not in this folder',
    );
    const late = await result(approval.call_id);
    expect(late.body).toMatchObject({
      status: 409,
      code: 'tool_call.already_settled',
      call_status: 'rejected',
    });
  });

  it('beside others is decided on its own; the run goes on when all are settled', async () => {
    app.model.script(
      { calls: [...writes('1').calls, ...reads().calls, ...writes('2').calls] },
      finish('Done.'),
    );
    const asked = await app.client.ask(sessionId, 'Look and write');
    const [first, second] = approvalsIn(asked);
    const readId = callIn(asked);
    expect(find(asked, 'run.waiting').data.for).toEqual([
      { kind: 'approval', id: first!.id },
      { kind: 'tool_result', id: readId },
      { kind: 'approval', id: second!.id },
    ]);
    await decideByRest(second!.id, 'reject');
    await decideByRest(first!.id, 'approve');
    await result(readId);
    const { body } = await app.client.get(`/v1/sessions/${sessionId}`);
    expect(body.active_run).toMatchObject({
      status: 'waiting',
      waiting_for: [{ kind: 'tool_result', id: first!.call_id }],
    });
    await result(first!.call_id);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'run.resumed')).toHaveLength(1);
    expect(await callStatuses()).toEqual(['completed', 'completed', 'rejected']);
  });

  it('can be allowed for the rest of the session: this path, this session', async () => {
    app.model.script(
      writes('1'),
      writes('1'),
      writes('2'),
      { calls: [{ name: 'execute_command', args: { command: 'ls' } }] },
      writes('1'),
    );
    const approval = askedIn(await app.client.ask(sessionId, 'Write'));
    await decide(approval.call_id, 'approve', { remember: true });
    const next = await app.client.stream(sessionId, toolResult(approval.call_id));
    expect(typesOf(next)).not.toContain('approval.requested');
    const another = askedIn(await app.client.stream(sessionId, toolResult(callIn(next))));
    expect(another).toMatchObject({ subject: 'write_file 2' });
    const command = await decide(another.call_id, 'reject');
    expect(askedIn(command)).toMatchObject({ tool_name: 'execute_command' });
    const other = await app.client.openSession({ agent: 'coder' });
    expect(askedIn(await app.client.ask(other, 'Write'))).toMatchObject({ tool_name: 'write_file' });
  });
});

describe('a decision', () => {
  it('repeated gets the first answer, another one a conflict', async () => {
    const approval = await ask(finish('Done.'));
    const first = await decideByRest(approval.id, 'approve');
    expect([first.status, first.body.approval.status]).toEqual([202, 'approved']);
    const again = await decideByRest(approval.id, 'approve');
    const byMessage = await app.client.input(sessionId, callDecision(approval.call_id, 'approve'));
    for (const answer of [again, byMessage]) {
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        approval: first.body.approval,
        last_event_id: first.body.last_event_id,
      });
    }
    for (const other of [
      await decideByRest(approval.id, 'reject'),
      await decideByRest(approval.id, 'approve', { remember: true }),
    ]) {
      expect(other.body).toMatchObject({
        status: 409,
        code: 'approval.already_decided',
        approval_status: 'approved',
        decision: 'approve',
      });
    }
  });

  it('made 50 times at once is made once', async () => {
    const approval = await ask(finish('Done.'), finish('Done.'));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => decideByRest(approval.id, n % 2 ? 'approve' : 'reject')),
    );
    const won = answers.filter(({ status }) => status === 202);
    expect(won).toHaveLength(1);
    const { decision } = won[0]!.body.approval;
    answers.forEach((answer, n) => {
      const agrees = decision === (n % 2 ? 'approve' : 'reject');
      if (answer !== won[0]) expect(answer.status).toBe(agrees ? 200 : 409);
      if (agrees) expect(answer.body.approval).toEqual(won[0]!.body.approval);
    });
    const events = await app.client.readUntil(sessionId, (event) => isWaiting(event) || isFinished(event));
    const { body } = await app.client.get(`/v1/sessions/${sessionId}`);
    const all50 = await app.client.readUntil(sessionId, (event) => event.id === body.last_event_id);
    expect(all(all50, 'approval.resolved')).toHaveLength(1);
    expect(events.length).toBeGreaterThan(0);
  });

  it('needs something to decide on that is there, and in this session', async () => {
    const approval = await ask();
    const elsewhere = await app.client.openSession();
    const refusals = [
      await decideByRest(UNKNOWN, 'approve'),
      await decideByRest('nonsense', 'approve'),
      ...(await Promise.all(
        [
          [sessionId, UNKNOWN],
          [sessionId, 'call_1'],
          [elsewhere, approval.call_id],
        ].map(([session, call_id]) => app.client.input(session!, callDecision(call_id!, 'approve'))),
      )),
    ];
    expect(refusals.map(({ body }) => [body.status, body.code])).toEqual(
      refusals.map(() => [404, 'approval.not_found']),
    );
    const nowhere = await app.client.input(UNKNOWN, callDecision(UNKNOWN, 'approve'));
    expect(nowhere.body.code).toBe('session.not_found');
  });

  it('of another user is not found', async () => {
    const approval = await ask();
    await app.database.rows(`update approvals set user_id = 'mallory' where id = $1`, [approval.id]);
    for (const answer of [
      await app.client.get(`/v1/approvals/${approval.id}`),
      await decideByRest(approval.id, 'approve'),
      await app.client.input(sessionId, callDecision(approval.call_id, 'approve')),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'approval.not_found']);
    }
    expect(await rowOf(approval.id)).toMatchObject({ status: 'pending' });
  });

  it('that fails in the middle is rolled back as a whole, and the next try works', async () => {
    const approval = await ask(finish('Done.'));
    await app.database.rows(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
      create trigger refuse before update on tool_calls for each row execute function refuse();`);
    try {
      const broken = await decideByRest(approval.id, 'approve');
      expect([broken.status, broken.body.code]).toEqual([500, 'internal']);
      expect(JSON.stringify(broken.body)).not.toContain('disk full');
      expect(await rowOf(approval.id)).toMatchObject({ status: 'pending', decision: null });
    } finally {
      await app.database.rows('drop trigger refuse on tool_calls; drop function refuse()');
    }
    expect((await decideByRest(approval.id, 'approve')).status).toBe(202);
    const events = await app.client.readUntil(sessionId, (event) => event.type === 'tool_call.requested');
    expect(all(events, 'approval.resolved')).toHaveLength(1);
  });

  it('cannot be made without an id of a question about a tool: a plan’s call is none', async () => {
    app.model.reset({ is_atomic: false, agent: 'plan', confidence: 'high', reason: 'big' });
    const id = await app.client.openSession();
    app.model.script({
      calls: [
        {
          name: 'create_plan',
          args: {
            title: 't',
            description: 'd',
            subtasks: [{ title: 't', description: 'd', agent: 'coder' }],
          },
        },
      ],
    });
    await app.client.ask(id, 'Build it');
    const [call] = await app.database.rows('select id from tool_calls where session_id = $1', [id]);
    const asHitl = await app.client.input(id, callDecision(call!['id'], 'approve'));
    expect(asHitl.body.code).toBe('approval.not_found');
    const asResult = await app.client.input(id, toolResult(call!['id'], { result: 'approved' }));
    expect(asResult.body.code).toBe('tool_call.not_requested');
  });
});

describe('an approval', () => {
  it('is listed, pending ones alone if wanted', async () => {
    const approval = await ask(writes('2'), finish('Done.'));
    const list = async (query = '') =>
      (await app.client.get(`/v1/sessions/${sessionId}/approvals${query}`)).body.data.map(
        ({ id, status }: { id: string; status: string }) => [id, status],
      );
    expect(await list('?status=pending')).toEqual([[approval.id, 'pending']]);
    const events = await decide(approval.call_id, 'reject');
    const second = askedIn(events);
    expect(await list('?status=pending')).toEqual([[second.id, 'pending']]);
    expect(await list()).toEqual([
      [second.id, 'pending'],
      [approval.id, 'rejected'],
    ]);
    const refused = await app.client.get(`/v1/sessions/${sessionId}/approvals?status=open`);
    expect(refused.body).toMatchObject({ status: 400, errors: [{ field: 'status' }] });
  });

  it('that is not decided in time is rejected, and the model goes on', async () => {
    const approval = await ask({ text: 'Your answer did not come.' });
    const [row] = await app.database.rows(
      'select extract(epoch from expires_at - created_at)::int as seconds from approvals where id = $1',
      [approval.id],
    );
    expect(row).toEqual({ seconds: 86_400 });
    await app.database.rows(`update approvals set expires_at = now() - interval '1 second' where id = $1`, [
      approval.id,
    ]);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(find(events, 'approval.resolved').data).toMatchObject({
      decision: 'reject',
      decided_by: 'runtime',
      reason: 'expired',
    });
    expect(find(events, 'run.resumed').data).toEqual({ by: 'approval_timeout' });
    expect(await rowOf(approval.id)).toMatchObject({ status: 'rejected', decided_by: 'runtime' });
    expect((await decideByRest(approval.id, 'approve')).body).toMatchObject({
      status: 409,
      code: 'approval.expired',
    });
    expect((await decideByRest(approval.id, 'reject', { feedback: 'expired' })).status).not.toBe(202);
  });
});

describe('the policy of an installation', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-policy-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const withRules = async (rules: unknown, work: (own: TestApp, session: string) => Promise<void>) => {
    const file = join(folder, 'policy.json');
    await writeFile(file, typeof rules === 'string' ? rules : JSON.stringify({ rules }));
    const own = await TestApp.start(
      { APPROVAL_POLICY_FILE: file },
      { database: app.database, model: app.model },
    );
    try {
      await work(own, await own.client.openSession({ agent: 'coder' }));
    } finally {
      await own.stop();
    }
  };

  it('forbids, allows and asks by its rules, the first that fits first', async () => {
    const rules = [
      { tool: 'write_file', when: { path: '*.env' }, action: 'deny', reason: 'secrets stay as they are' },
      { tool: 'write_file', when: { path: 'tmp/*' }, action: 'allow', reason: 'scratch' },
      { tool: 'read_file', agent: 'coder', when: { path: 'private/*' }, action: 'ask', reason: 'personal' },
    ];
    await withRules(rules, async (own, session) => {
      app.model.script(
        writes('./app/.env'),
        writes('tmp/x'),
        { calls: [{ name: 'read_file', args: { path: 'private/diary' } }] },
        writes('other'),
      );
      const events = await own.client.ask(session, 'Work');
      expect(find(events, 'tool_call.settled').data).toMatchObject({ status: 'rejected' });
      expect(app.model.requests[1]!.messages.at(-1)!.content).toBe(
        'Error: This call is forbidden here: secrets stay as they are',
      );
      expect(typesOf(events)).not.toContain('approval.requested');
      const next = await own.client.stream(session, toolResult(callIn(events)));
      expect(askedIn(next)).toMatchObject({ tool_name: 'read_file', reason: 'personal' });
      const last = await own.client.stream(session, callDecision(askedIn(next).call_id, 'reject'));
      const refused = await own.client.post(`/v1/approvals/${askedIn(last).id}/decision`, {
        decision: 'edit',
        modified_arguments: { path: 'x/.env', content: '' },
      });
      expect(refused.body).toMatchObject({
        status: 400,
        errors: [
          { field: 'modified_arguments', message: 'the policy forbids this: secrets stay as they are' },
        ],
      });
    });
  });
});
