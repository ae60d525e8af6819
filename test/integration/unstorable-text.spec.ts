import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  UNKNOWN,
  askedIn,
  callDecision,
  callIn,
  find,
  finish,
  planDecision,
  propose,
  reads,
  toolResult,
  writes,
} from '../support/scenes.js';
import { Reply } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

/** NUL and half a surrogate pair: PostgreSQL stores neither. */
const RAW = 'a\0b\ud800c 😀';
const STORED = 'a\ufffdb\ufffdc 😀';
const NOTE = '\n\n(NUL and halves of surrogate pairs in this answer were replaced by U+FFFD)';

describe('text that PostgreSQL cannot store', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start({}, { worker: true });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'coder' });
  });

  /** Every text that a person gives, and that they can correct. */
  const session = { title: 'x' };
  const query = { session_id: UNKNOWN, query: 'x' };
  const synopsis = { title: 'x', items: [{ kind: 'text', text: 'x' }] };
  const messages = `/v1/sessions/${UNKNOWN}/messages`;
  const decision = `/v1/approvals/${UNKNOWN}/decision`;
  it.each<[string, string, object, string]>([
    ['POST', '/v1/sessions', { title: RAW }, 'title'],
    ['POST', '/v1/sessions', { ...session, metadata: { a: [RAW] } }, 'metadata.a.0'],
    ['POST', '/v1/sessions', { ...session, metadata: { [RAW]: 1 } }, 'metadata'],
    ['PATCH', `/v1/sessions/${UNKNOWN}`, { title: RAW }, 'title'],
    ['POST', messages, { type: 'user_message', content: RAW }, 'content'],
    ['POST', `${messages}/stream`, { type: 'user_message', content: RAW }, 'content'],
    ['POST', messages, { type: 'user_message', content: 'x', agent: RAW }, 'agent'],
    ['POST', messages, { type: 'switch_agent', agent: 'ask', reason: RAW }, 'reason'],
    ['POST', messages, callDecision('x', 'reject', { feedback: RAW }), 'feedback'],
    [
      'POST',
      messages,
      callDecision('x', 'edit', { modified_arguments: { path: RAW } }),
      'modified_arguments.path',
    ],
    ['POST', messages, planDecision('x', 'modify', { feedback: RAW }), 'feedback'],
    ['POST', messages, toolResult(RAW), 'call_id'],
    ['POST', messages, { ...toolResult('x'), [RAW]: 1 }, 'body'],
    ['POST', messages, { type: 'user_message', content: 'x', result: RAW }, 'result'],
    ['POST', decision, { decision: 'reject', feedback: RAW }, 'feedback'],
    ['POST', `/v1/plans/${UNKNOWN}/cancel`, { reason: RAW }, 'reason'],
    ['POST', `/v1/plans/${UNKNOWN}/retry`, { reason: RAW }, 'reason'],
    ['POST', '/v1/jobs/agents/ask/1.0.0', { ...query, query: RAW }, 'query'],
    ['POST', '/v1/jobs/agents/ask/1.0.0', { ...query, memory: { a: RAW } }, 'memory.a'],
    ['PUT', `/v1/sessions/${UNKNOWN}/synopsis`, { ...synopsis, title: RAW }, 'title'],
    [
      'PUT',
      `/v1/sessions/${UNKNOWN}/synopsis`,
      { ...synopsis, items: [{ kind: 'text', text: RAW }] },
      'items.0.text',
    ],
  ])('is refused where a person gives it, by field: %s %s %j', async (method, path, body, field) => {
    const refused = await app.client.call(method, path, body);
    expect([refused.status, refused.body.code]).toEqual([400, 'request.invalid']);
    expect(refused.body.errors).toEqual([{ field, message: expect.stringMatching(/NUL|surrogate/) }]);
  });

  it.each<[string, object, string]>([
    ['a result', { result: RAW }, `${STORED}${NOTE}`],
    ['an error', { error: RAW }, `Error: ${STORED}${NOTE}`],
    ['a result of JSON', { result: { [RAW]: [RAW, 1] } }, `{"${STORED}":["${STORED}",1]}${NOTE}`],
    ['a result that has U+FFFD already', { result: STORED }, STORED],
  ])('is replaced in %s of a tool, and the model is told', async (_what, outcome, content) => {
    app.model.script(reads(), finish('Done.'));
    const callId = callIn(await app.client.ask(sessionId, 'Look'));
    const once = app.client.with({ 'idempotency-key': `${sessionId}-result` });
    const first = await once.input(sessionId, toolResult(callId, outcome));
    expect(first).toMatchObject({ status: 202, body: { message: { content } } });
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(app.model.requests[1]!.messages.at(-1)).toMatchObject({ role: 'tool', content });
    expect(await stored(sessionId)).toContain(content);

    // The same again is the same, with the key and without it; what was stored is another result than what was given.
    expect((await once.input(sessionId, toolResult(callId, outcome))).body).toEqual(first.body);
    const again = await app.client.input(sessionId, toolResult(callId, outcome));
    expect([again.status, again.body.message]).toEqual([200, first.body.message]);
    const other = await once.input(sessionId, toolResult(callId, { result: 'x' }));
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.key_reused']);
  });

  it('is replaced in the result of a call that was edited, beside the note on the edit', async () => {
    app.model.script(writes('a.txt'), finish('Done.'));
    const { call_id: callId } = askedIn(await app.client.ask(sessionId, 'Write'));
    const edit = { modified_arguments: { path: 'b.txt', content: 'x', create_dirs: null } };
    await app.client.input(sessionId, callDecision(callId, 'edit', edit));
    const answer = (result: object) => app.client.input(sessionId, toolResult(callId, { result }));
    const { body } = await answer({ a: RAW, b: 1 });
    expect(body.message.content).toBe(
      `{"a":"${STORED}","b":1}${NOTE}\n\n(Before allowing this call the developer changed its arguments to {"path":"b.txt","content":"x"})`,
    );
    expect((await answer({ b: 1, a: RAW })).status).toBe(200);
    expect((await answer({ b: 2, a: RAW })).status).toBe(409);
  });

  const said = (events: readonly SentEvent[]) => find(events, 'message.completed').data;
  const toolCall = (name: string, args: object | string): Reply => ({ calls: [{ name, args }] });
  it.each<[string, Reply, (events: readonly SentEvent[]) => unknown]>([
    ['its words', { text: RAW }, (events) => said(events).content],
    ['its result', finish(RAW), (events) => said(events).content],
    [
      'its suggestions',
      toolCall('ask_followup_question', { question: '?', suggestions: [RAW, 'b'] }),
      (events) => said(events).suggestions![0],
    ],
    [
      'the arguments of a call',
      toolCall('search_in_code', { query: RAW }),
      (events) => find(events, 'tool_call.requested').data.arguments['query'],
    ],
    [
      'the arguments of a call that waits for a decision',
      toolCall('write_file', { path: 'a', content: RAW }),
      (events) => askedIn(events).arguments!['content'],
    ],
    [
      'arguments that the tool does not know',
      toolCall('read_file', { path: 'a', [RAW]: 1 }),
      (events) => Object.keys(said(events).tool_calls[0]!.arguments as object).find((key) => key !== 'path'),
    ],
    ['the name of a tool', toolCall(RAW, {}), (events) => said(events).tool_calls[0]!.tool_name],
    [
      'arguments that are no JSON',
      toolCall('read_file', RAW),
      (events) => said(events).tool_calls[0]!.arguments,
    ],
    [
      'the reason of a hand-over',
      toolCall('switch_agent', { agent: 'ask', reason: RAW }),
      (events) => find(events, 'agent.switched').data.reason,
    ],
  ])('is replaced where a model gives it: %s', async (_what, reply, textIn) => {
    app.model.script(reply, { text: 'Done.' });
    const events = await app.client.ask(sessionId, 'Do it');
    expect(textIn(events)).toBe(STORED);
    const history = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(JSON.stringify(history.body)).toContain(STORED);
    const runs = await app.client.get(`/v1/sessions/${sessionId}/runs`);
    expect(runs.body.data[0].error).toBeNull();
  });

  it('is replaced in the plan of a model', async () => {
    const subtask = { title: RAW, description: RAW, agent: 'coder' };
    app.model.script(propose({ title: RAW, description: RAW, subtasks: [subtask] }));
    const events = await app.client.ask(sessionId, 'Plan it', { agent: 'architect' });
    const { plan } = find(events, 'plan.approval_required').data;
    expect(plan).toMatchObject({ title: STORED, description: STORED, subtasks: [{ title: STORED }] });
  });

  it('is replaced in the result of a job', async () => {
    app.model.script({ text: RAW });
    const wish = { session_id: sessionId, query: 'Explain' };
    const { body: job } = await app.client.post('/v1/jobs/agents/ask/1.0.0', wish);
    await eventually(async () => {
      const { body } = await app.client.get(`/v1/jobs/${job.job_id}`);
      expect(body).toMatchObject({ status: 'done', result: { text: STORED } });
    });
  });

  const stored = async (id: string) => {
    const rows = await app.database.rows<{ content: string }>(
      'select content from messages where session_id = $1',
      [id],
    );
    return rows.map(({ content }) => content);
  };
});
