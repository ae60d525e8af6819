import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  NOT_ATOMIC,
  PLAN,
  UNKNOWN,
  all,
  callDecision,
  find,
  finish,
  planDecision,
  propose,
  reads,
  toReview,
  toolResult,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { app } from './support/plans.js';

/** Every route that can change anything, a new one as well: they come from the description of the API. */
const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as { paths: Record<string, object> };
const CHANGING_ROUTES = Object.entries(paths).flatMap(([path, operations]) =>
  Object.keys(operations)
    .map((method) => method.toUpperCase())
    .filter((method) => method !== 'GET')
    .map((method) => ({ method, path })),
);

const ONE = { ...PLAN, subtasks: [PLAN.subtasks[0]] };

interface Story {
  sessionId: string;
  planId: string;
  approvalId: string;
}

const approve = ({ sessionId, planId }: Story): Promise<SentEvent[]> =>
  app.client.stream(sessionId, planDecision(planId, 'approve'));

/** How a plan gets into each status, by what users and models do. */
const WAYS: Record<
  string,
  { replies: Parameters<typeof app.model.script>; way: (story: Story) => Promise<unknown> }
> = {
  // Its architect thinks about the changes for longer than the test takes.
  draft: {
    replies: [{ text: 'hm', pace: { firstTokenMs: 60_000 } }],
    way: async ({ sessionId, planId }) => {
      await app.client.input(sessionId, planDecision(planId, 'modify'));
      await eventually(() => expect(app.model.requests).toHaveLength(2));
    },
  },
  review: { replies: [], way: () => Promise.resolve() },
  executing: { replies: [reads()], way: approve },
  completed: { replies: [finish('done')], way: approve },
  failed: { replies: [{ status: 400 }, { status: 400 }], way: approve },
  rejected: {
    replies: [],
    way: ({ sessionId, planId }) => app.client.stream(sessionId, planDecision(planId, 'reject')),
  },
  cancelled: { replies: [], way: ({ planId }) => app.client.post(`/v1/plans/${planId}/cancel`) },
};

/** @param after what the model answers to later messages */
async function bring(status: string, ...after: Parameters<typeof app.model.script>): Promise<Story> {
  app.model.reset(NOT_ATOMIC);
  const { replies, way } = WAYS[status === 'approved' ? 'executing' : status]!;
  app.model.script(propose(ONE), ...replies, ...after);
  const { sessionId, planId, events } = await toReview(app);
  const story = {
    sessionId,
    planId,
    approvalId: find(events, 'plan.approval_required').data.approval_id,
  };
  await way(story);
  // Approval and start of execution are one transaction: only SQL sets the status between them.
  if (status === 'approved')
    await app.database.rows(`update plans set status = 'approved' where id = $1`, [planId]);
  expect(await statusOf(planId)).toBe(status);
  return story;
}

const statusOf = async (planId: string): Promise<string> =>
  (await app.client.get(`/v1/plans/${planId}`)).body.status;

/** Ends what came of it, so that the next test has the model for itself. */
async function settle({ sessionId, planId }: Story, thinking: boolean): Promise<void> {
  const rests = () =>
    eventually(async () => {
      const { body } = await app.client.get(`/v1/sessions/${sessionId}`);
      expect(body.active_run?.status).not.toBe('running');
    });
  if (!thinking) await rests();
  await app.client.post(`/v1/plans/${planId}/cancel`);
  await rests();
}

/** Everything a client can do with a plan. */
const ACTIONS: Record<string, (story: Story) => ReturnType<TestApp['client']['post']>> = {
  approve: ({ sessionId, planId }) => app.client.input(sessionId, planDecision(planId, 'approve')),
  reject: ({ sessionId, planId }) => app.client.input(sessionId, planDecision(planId, 'reject')),
  modify: ({ sessionId, planId }) => app.client.input(sessionId, planDecision(planId, 'modify')),
  cancel: ({ planId }) => app.client.post(`/v1/plans/${planId}/cancel`),
  retry: ({ planId }) => app.client.post(`/v1/plans/${planId}/retry`),
};

/** What each status allows; `same`: what led to it, said once more. */
const OUTCOMES: Record<string, Record<string, number | 'same'>> = {
  draft: { modify: 'same', cancel: 202 },
  review: { approve: 202, reject: 202, modify: 202, cancel: 202 },
  approved: { approve: 'same', cancel: 202 },
  executing: { approve: 'same', cancel: 202 },
  completed: { approve: 'same' },
  failed: { approve: 'same', cancel: 202, retry: 202 },
  rejected: { reject: 'same' },
  cancelled: {},
};

describe('by HTTP, a plan', () => {
  const cases = Object.keys(OUTCOMES).flatMap((status) =>
    Object.keys(ACTIONS).map((action) => ({ status, action })),
  );

  it.each(cases)('that is $status: $action', async ({ status, action }) => {
    const story = await bring(status, reads(), reads()); // what it leads to is not the question here
    const before = await statusOf(story.planId);
    const answer = await ACTIONS[action]!(story);
    const after = await statusOf(story.planId);
    const expected = OUTCOMES[status]![action];
    await settle(story, status === 'draft');
    if (typeof expected === 'number') {
      expect(answer.status).toBe(expected);
      expect(after).not.toBe(before);
      return;
    }
    expect(after).toBe(before);
    if (expected === 'same') return expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'plan.transition_not_allowed',
      plan_status: status,
      allowed_actions: expect.any(Array),
    });
  });
});

describe('the founding incident: a plan approved that no human has seen', () => {
  /** Everything a client can say, also what makes no sense. */
  const inputs = ({ sessionId, planId, approvalId }: Story) => {
    const messages: object[] = [
      { type: 'user_message', content: 'approve', agent: 'architect' },
      { type: 'user_message', content: 'approved' },
      { type: 'switch_agent', agent: 'coder' },
      toolResult(planId, { result: 'approved' }),
      callDecision(planId, 'approve'),
      ...['reject', 'modify'].map((decision) => planDecision(planId, decision)),
      planDecision(UNKNOWN, 'approve'),
      planDecision(planId, 'approved'),
    ];
    return [
      ...messages.map((body) => () => app.client.input(sessionId, body)),
      ...['edit', 'reject', 'modify', 'APPROVE'].map(
        (decision) => () => app.client.post(`/v1/approvals/${approvalId}/decision`, { decision }),
      ),
      ...CHANGING_ROUTES.flatMap(({ method, path }) =>
        [{}, { status: 'approved', decision: 'approved', decided_by: 'local', approved: true }].map(
          (body) => () => app.client.call(method, fill(path, { sessionId, planId, approvalId }), body),
        ),
      ),
    ];
  };

  const fill = (path: string, { sessionId, planId, approvalId }: Story) =>
    path
      .replace('{session_id}', sessionId)
      .replace('{plan_id}', planId)
      .replace('{approval_id}', approvalId)
      .replace(/\{\w+\}/, UNKNOWN);

  /** Plans that count as approved without an approval of a user. */
  const incidents = () =>
    app.database.rows(
      `select p.id from plans p where (p.status in ('approved', 'executing', 'completed', 'failed')
           or exists (select 1 from plan_transitions t where t.plan_id = p.id and t.to_status = 'approved'))
         and not exists (select 1 from approvals a where a.plan_id = p.id and a.decision = 'approve'
           and a.decided_by is not null and a.decided_by <> 'runtime')`,
    );

  /** The number of the newest event of a session: whatever an input changes there is an event. */
  const newestEvent = async (sessionId: string): Promise<unknown> =>
    (await app.client.get(`/v1/sessions/${sessionId}`)).body.last_event_id;

  it.each(Object.keys(WAYS))('cannot happen to one that is %s', async (status) => {
    const approved = ['executing', 'completed', 'failed'].includes(status);
    const count = inputs({ sessionId: '', planId: '', approvalId: '' }).length;
    expect(count).toBeGreaterThan(25);
    let untouched: { story: Story; newest: unknown } | undefined;
    for (let n = 0; n < count; n++) {
      const story = untouched?.story ?? (await bring(status, { text: 'I see.' }, { text: 'I see.' }));
      const newest = untouched?.newest ?? (await newestEvent(story.sessionId));
      const answer = await inputs(story)[n]!();
      expect(answer.status).toBeLessThan(500);
      const [row] = await app.database.rows('select status, approval_id from plans where id = $1', [
        story.planId,
      ]);
      expect(row!['approval_id']).toBe(approved ? story.approvalId : null);
      untouched = (await newestEvent(story.sessionId)) === newest ? { story, newest } : undefined;
      if (!untouched) await settle(story, status === 'draft');
    }
    if (untouched) await settle(untouched.story, status === 'draft');
    expect(await incidents()).toEqual([]);
  });

  it('is refused by the database itself, for every client of it', async () => {
    app.model.script(propose());
    const { planId, events } = await toReview(app);
    const approvalId = find(events, 'plan.approval_required').data.approval_id;
    const update = (set: string) => app.database.rows(`update plans set ${set} where id = $1`, [planId]);
    for (const status of ['approved', 'executing', 'completed', 'failed']) {
      await expect(update(`status = '${status}'`)).rejects.toThrow(/plans_needs_approval/);
    }
    const withQuestion = `status = 'approved', approval_id = '${approvalId}'`;
    await expect(update(withQuestion)).rejects.toThrow(/plans_approval_whole/);
    await expect(update(`${withQuestion}, approval_decision = 'approve'`)).rejects.toThrow(
      /plans_approval_fk/,
    );
    await expect(update(`${withQuestion}, approval_decision = 'reject'`)).rejects.toThrow(
      /plans_approval_decision/,
    );
    const decideInSql = (by: string) =>
      app.database.rows(
        `update approvals set status = 'approved', decision = 'approve', decided_by = ${by} where id = $1`,
        [approvalId],
      );
    await expect(decideInSql('null')).rejects.toThrow(/approvals_decided/);
    await expect(decideInSql(`'runtime'`)).rejects.toThrow(/approvals_by_human/);
    await expect(decideInSql(`''`)).rejects.toThrow(/approvals_by_human/);
    await expect(
      app.database.rows(
        `update approvals set status = 'rejected', decision = 'approve', decided_by = 'x' where id = $1`,
        [approvalId],
      ),
    ).rejects.toThrow(/approvals_outcome/);
  });

  it('cannot be had with the approval of another plan', async () => {
    app.model.script(propose(ONE), reads());
    const other = await toReview(app);
    await approve({ ...other, approvalId: '' });
    const [row] = await app.database.rows('select approval_id from plans where id = $1', [other.planId]);
    app.model.reset(NOT_ATOMIC);
    app.model.script(propose());
    const { planId } = await toReview(app);
    await expect(
      app.database.rows(
        `update plans set status = 'approved', approval_decision = 'approve', approval_id = $2 where id = $1`,
        [planId, row!['approval_id']],
      ),
    ).rejects.toThrow(/plans_approval_fk/);
  });
});

describe('a decision on a plan', () => {
  it('made 50 times at once is made once', async () => {
    app.model.script(propose(ONE), finish('done'), finish('done'));
    const { sessionId, planId } = await toReview(app);
    const decision = (n: number) => (n % 2 ? 'approve' : 'reject');
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => app.client.input(sessionId, planDecision(planId, decision(n)))),
    );
    const winners = answers.filter(({ status }) => status === 202);
    expect(winners).toHaveLength(1);
    const won = winners[0]!.body.approval;
    answers.forEach((answer, n) => {
      if (answer.status === 202) return;
      if (won.decision === decision(n)) {
        expect(answer.status).toBe(200);
        expect(answer.body.approval).toEqual(won);
      } else {
        expect(answer.body).toMatchObject({ status: 409, code: 'plan.transition_not_allowed' });
      }
    });
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'approval.resolved')).toHaveLength(1);
    const [count] = await app.database.rows(
      `select count(*)::int as decisions from plan_transitions where plan_id = $1 and decided_by = 'local'`,
      [planId],
    );
    expect(count).toEqual({ decisions: 1 });
  });

  it('needs a plan that is there, in this session, and one’s own', async () => {
    app.model.script(propose());
    const { sessionId, planId } = await toReview(app);
    const elsewhere = await app.client.openSession();
    const say = (session: string, plan_id: string) =>
      app.client.input(session, planDecision(plan_id, 'approve'));
    const refusals = [
      await say(sessionId, UNKNOWN),
      await say(sessionId, 'plan_1'),
      await say(elsewhere, planId),
    ];
    await app.database.rows(`update plans set user_id = 'mallory' where id = $1`, [planId]);
    await app.database.rows(`update approvals set user_id = 'mallory' where plan_id = $1`, [planId]);
    refusals.push(
      await say(sessionId, planId),
      await app.client.get(`/v1/plans/${planId}`),
      await app.client.post(`/v1/plans/${planId}/cancel`),
      await app.client.post(`/v1/plans/${planId}/retry`),
    );
    expect(refusals.map(({ body }) => [body.status, body.code])).toEqual(
      refusals.map(() => [404, 'plan.not_found']),
    );
  });

  it('by REST says the same as the message', async () => {
    app.model.script(propose(ONE), finish('done'));
    const { sessionId, planId, events } = await toReview(app);
    const approvalId = find(events, 'plan.approval_required').data.approval_id;
    const decided = await app.client.post(`/v1/approvals/${approvalId}/decision`, {
      decision: 'approve',
      version: 1,
    });
    expect(decided.status).toBe(202);
    expect(decided.body.approval).toMatchObject({ kind: 'plan', plan_id: planId, decision: 'approve' });
    const again = await app.client.input(sessionId, planDecision(planId, 'approve'));
    expect([again.status, again.body.last_event_id]).toEqual([200, decided.body.last_event_id]);
    await app.client.readUntil(sessionId, isFinished);
  });

  it('that fails in the middle is rolled back as a whole, and the next try works', async () => {
    app.model.script(propose(ONE), finish('done'));
    const { sessionId, planId } = await toReview(app);
    const say = () => app.client.input(sessionId, planDecision(planId, 'approve'));
    await app.database.rows(`
      create function refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
      create trigger refuse before insert on messages for each row execute function refuse();`);
    try {
      expect((await say()).body).toMatchObject({ status: 500, code: 'internal' });
      const rows = await app.database.rows(
        `select p.status, a.status as answer, r.status as run,
                (select count(*)::int from plan_transitions t where t.plan_id = p.id) as steps
           from plans p join approvals a on a.plan_id = p.id join runs r on r.id = p.run_id where p.id = $1`,
        [planId],
      );
      expect(rows).toEqual([{ status: 'review', answer: 'pending', run: 'waiting', steps: 2 }]);
    } finally {
      await app.database.rows('drop trigger refuse on messages; drop function refuse()');
    }
    expect((await say()).status).toBe(202);
    expect((await app.client.readUntil(sessionId, isFinished)).at(-1)!.data).toMatchObject({
      status: 'completed',
    });
  });

  it('on an archived session’s failed plan: it cannot be retried', async () => {
    app.model.script(propose(ONE), { status: 400 }, { status: 400 });
    const { sessionId, planId } = await toReview(app);
    await approve({ sessionId, planId, approvalId: '' });
    await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: true });
    expect((await app.client.post(`/v1/plans/${planId}/retry`)).body.code).toBe('session.archived');
    await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: false });
    app.model.reset(NOT_ATOMIC);
    app.model.script(reads());
    await app.client.ask(sessionId, 'Meanwhile', { agent: 'coder' });
    const busy = await app.client.post(`/v1/plans/${planId}/retry`);
    expect(busy.body).toMatchObject({ status: 409, code: 'run.in_progress' });
    expect(await statusOf(planId)).toBe('failed');
  });
});
