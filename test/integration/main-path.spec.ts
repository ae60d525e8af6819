import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deltasOf, typesOf } from '../support/client.js';
import { callIn, reads, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

describe('a turn with one tool call', () => {
  let app: TestApp;
  let commits: () => Promise<Record<string, number>>;

  beforeAll(async () => {
    app = await TestApp.start();
    commits = await app.growth('sse_transaction_commits_total');
  });
  afterAll(() => app.stop());
  beforeEach(() => app.model.reset());

  it('goes from the message to the end, and every fact of it is in the database', async () => {
    app.model.script(
      { text: 'Let me look.', ...reads('hello.txt') },
      { calls: [{ name: 'attempt_completion', args: { result: 'The file says hello.' } }] },
    );
    const sessionId = await app.client.openSession();

    const asked = await app.client.ask(sessionId, 'What is in hello.txt?');
    expect(typesOf(asked).filter((type) => type !== 'message.delta')).toEqual([
      'message.created',
      'run.started',
      'run.phase_changed',
      'run.phase_changed',
      'agent.switched',
      'message.started',
      'tool_call.drafted',
      'message.completed',
      'tool_call.requested',
      'run.waiting',
    ]);
    const requested = asked.find((event) => event.type === 'tool_call.requested')!;
    expect(requested.data).toMatchObject({
      tool_name: 'read_file',
      arguments: { path: 'hello.txt' },
      agent: 'coder',
    });
    const callId = callIn(asked);
    expect(asked.at(-1)!.data).toEqual({ for: [{ kind: 'tool_result', id: callId }] });
    expect([...deltasOf(asked).values()]).toEqual(['Let me look.']);

    const session = await app.client.get(`/v1/sessions/${sessionId}`);
    expect(session.body).toMatchObject({
      phase: 'execution',
      agent: 'coder',
      active_run: { status: 'waiting', waiting_for: [{ kind: 'tool_result', id: callId }] },
    });

    const answered = await app.client.stream(sessionId, toolResult(callId, { result: 'hello' }));
    expect([...deltasOf(answered).values()]).toEqual(['The file says hello.']);
    expect(typesOf(answered).filter((type) => type !== 'message.delta')).toEqual([
      'tool_call.settled',
      'message.created',
      'run.resumed',
      'message.started',
      'message.completed',
      'run.phase_changed',
      'run.finished',
    ]);
    expect(answered.at(-1)!.data).toMatchObject({ status: 'completed', usage: { model_calls: 3 } });
    const completed = answered.find((event) => event.type === 'message.completed')!;
    expect(completed.data).toMatchObject({ content: 'The file says hello.', tool_calls: [] });

    const { body: history } = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(history.data.map((m: { role: string; content: string }) => [m.role, m.content])).toEqual([
      ['user', 'What is in hello.txt?'],
      ['assistant', 'Let me look.'],
      ['tool', 'hello'],
      ['assistant', 'The file says hello.'],
    ]);

    const runs = await app.database.rows('select status, phase, agent from runs where session_id = $1', [
      sessionId,
    ]);
    expect(runs).toEqual([{ status: 'completed', phase: 'completed', agent: 'coder' }]);
    const calls = await app.database.rows(
      'select tool_name, status, arguments, settled_at is not null as settled from tool_calls where session_id = $1',
      [sessionId],
    );
    expect(calls).toEqual([
      { tool_name: 'read_file', status: 'completed', arguments: { path: 'hello.txt' }, settled: true },
    ]);
    const ledger = await app.database.rows(
      `select purpose, status, prompt_tokens > 0 as counted, finished_at >= started_at as timed
         from llm_calls where session_id = $1 order by id`,
      [sessionId],
    );
    expect(ledger).toEqual(
      ['classification', 'answer', 'answer'].map((purpose) => ({
        purpose,
        status: 'completed',
        counted: true,
        timed: true,
      })),
    );
    const switches = await app.database.rows(
      'select from_agent, to_agent, confidence from agent_switches where session_id = $1',
      [sessionId],
    );
    expect(switches).toEqual([{ from_agent: 'orchestrator', to_agent: 'coder', confidence: 'high' }]);
    const events = await app.database.rows<{ seq: string; type: string }>(
      'select seq, type from session_events where session_id = $1 order by seq',
      [sessionId],
    );
    expect(events.map((event) => Number(event.seq))).toEqual(events.map((_, index) => index + 1));
    expect(events.map((event) => event.type)).toEqual(typesOf([...asked, ...answered]));
  });

  it('gives the model the conversation with the tool’s answer', async () => {
    app.model.script(reads(), { text: 'It says A.' });
    const sessionId = await app.client.openSession();
    const asked = await app.client.ask(sessionId, 'Read a.txt');
    const callId = callIn(asked);
    await app.client.stream(sessionId, toolResult(callId, { result: { text: 'A' } }));

    const [, second] = app.model.requests;
    expect(second!.messages.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool']);
    const [call, answer] = second!.messages.slice(-2);
    const { id } = call!.tool_calls![0]!;
    expect(answer).toMatchObject({ tool_call_id: id, content: '{"text":"A"}' });
  });

  it('measures its transactions by name, none as long as the model’s answer', async () => {
    const text = 'word '.repeat(60);
    app.model.script({ text, pace: { chunk: 5, tokensPerSecond: 100 } });
    const sessionId = await app.client.openSession();
    const durations = await app.growth('sse_transaction_duration_seconds_bucket');
    const begunAt = performance.now();
    await app.client.ask(sessionId, 'Say it', { agent: 'ask' });
    expect(performance.now() - begunAt).toBeGreaterThan(500);

    const committed = await commits();
    for (const operation of [
      'create_session_agent',
      'save_user_message',
      'begin_model_call',
      'save_assistant_message',
    ]) {
      const series = `sse_transaction_commits_total{operation="${operation}",status="success"}`;
      expect(committed[series], operation).toBeGreaterThan(0);
    }
    const within = await durations();
    const [half, all] = ['0.5', '+Inf'].map(
      (le) =>
        within[
          `sse_transaction_duration_seconds_bucket{le="${le}",operation="save_assistant_message",outcome="committed"}`
        ],
    );
    expect(half).toBe(all);
    expect(all).toBeGreaterThan(0);
  });
});
