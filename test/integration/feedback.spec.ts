import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  NOT_ATOMIC,
  PLAN,
  all,
  askedIn,
  callDecision,
  finish,
  planDecision,
  propose,
  toReview,
  toolResult,
  writes,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

/** What a user says when they approve. */
describe('the feedback of an approval', () => {
  const FEEDBACK = 'Yes, but mind the line ends';
  let app: TestApp;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(() => app.model.reset());

  const lastMessages = () => app.model.requests.at(-1)!.messages;

  it.each([
    ['approve', {}, { result: 'written' }, 'written'],
    ['approve', {}, { error: 'the disk is full' }, 'Error: the disk is full'],
    ['edit', { modified_arguments: { path: 'b.js', content: 'b' } }, { result: 'written' }, 'written'],
  ])('stands beside the result of the call: %s, %j, %j', async (decision, more, answer, words) => {
    app.model.script(writes(), finish('Done.'));
    const sessionId = await app.client.openSession({ agent: 'coder' });
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Write it'));
    await app.client.stream(sessionId, callDecision(callId, decision, { ...more, feedback: FEEDBACK }));
    const result = toolResult(callId, answer);
    await app.client.stream(sessionId, result);
    const told = lastMessages().findLast(({ role }) => role === 'tool')!;
    expect(told.content).toMatch(new RegExp(`^${words}`));
    expect(told.content).toContain(`and said: ${FEEDBACK}`);
    const [row] = await app.database.rows(
      `select m.content, t.feedback from messages m join tool_calls t on t.id = m.call_id where t.id = $1`,
      [callId],
    );
    expect(row).toEqual({ content: told.content, feedback: FEEDBACK });
    expect((await app.client.input(sessionId, result)).status).toBe(200);
  });

  it('is left out where there was none', async () => {
    app.model.script(writes(), finish('Done.'));
    const sessionId = await app.client.openSession({ agent: 'coder' });
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Write it'));
    await app.client.stream(sessionId, callDecision(callId, 'approve'));
    await app.client.stream(sessionId, toolResult(callId, { result: 'written' }));
    expect(lastMessages().findLast(({ role }) => role === 'tool')!.content).toBe('written');
  });

  it('is in the brief of each subtask of a plan', async () => {
    app.model.reset(NOT_ATOMIC);
    const { subtasks } = PLAN;
    app.model.script(propose(), ...subtasks.map(({ title }) => finish(title)));
    const { sessionId, planId } = await toReview(app);
    await app.client.stream(sessionId, planDecision(planId, 'approve', { feedback: FEEDBACK }));
    const briefs = app.model.requests
      .slice(1)
      .flatMap(({ messages }) => messages)
      .filter(
        ({ role, content }) =>
          role === 'user' && JSON.stringify(content).includes('You carry out one subtask'),
      );
    expect(briefs).toHaveLength(subtasks.length);
    for (const { content } of briefs) expect(content).toContain(FEEDBACK);
    const answers = all(
      await app.client.readUntil(sessionId, ({ type }) => type === 'run.finished'),
      'message.created',
    );
    expect(answers.some(({ data }) => data.message.content.endsWith(`The developer said: ${FEEDBACK}`))).toBe(
      true,
    );
  });
});
