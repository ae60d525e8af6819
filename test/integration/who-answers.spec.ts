import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, typesOf } from '../support/client.js';
import { all, find, finish } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

describe('who answers', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession();
  });

  const speakers = (events: SentEvent[]) =>
    events.filter((event) => event.type === 'message.started').map((event) => event.data.agent);

  it.each([
    ['code', 'coder'],
    ['debug', 'debug'],
    ['explain', 'ask'],
  ])('is decided by the classification: %s → %s', async (kind, agent) => {
    app.model.reset({ is_atomic: true, agent: kind, confidence: 'medium', reason: 'because' });
    app.model.script({ text: 'Here.' });
    const events = await app.client.ask(sessionId, 'Do it');
    expect(events.find((event) => event.type === 'agent.switched')!.data).toEqual({
      from: 'orchestrator',
      to: agent,
      reason: 'because',
      confidence: 'medium',
    });
    expect(speakers(events)).toEqual([agent]);
  });

  it('is the architect for a task that is not atomic', async () => {
    app.model.reset({ is_atomic: false, agent: 'code', confidence: 'high', reason: 'many files' });
    app.model.script({ text: 'First we should agree on the structure.' });
    const events = await app.client.ask(sessionId, 'Rewrite the shop');
    expect(speakers(events)).toEqual(['architect']);
    expect(
      events.filter((event) => event.type === 'run.phase_changed').map((event) => event.data.to),
    ).toEqual([...['classify', 'plan_required', 'architect_planning', 'completed']]);
  });

  it.each([
    ['{"is_atomic":"yes"}', 'Почему сервис падает с ошибкой?', 'debug'],
    ['no json at all', 'Explain this module', 'ask'],
    [{ status: 500 }, 'Объясни, как работает очередь', 'ask'],
    [{ status: 401 }, 'Rename the variable', 'coder'],
    ['[]', 'Спланируй миграцию', 'architect'],
  ])('is guessed from words where the classifier says %j', async (classification, task, agent) => {
    app.model.reset(classification);
    app.model.script({ text: 'Here.' });
    const events = await app.client.ask(sessionId, task);
    expect(events.find((event) => event.type === 'agent.switched')!.data).toMatchObject({
      to: agent,
      confidence: 'low',
    });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('is found although the user renames the session meanwhile', async () => {
    app.model.always({ text: 'Here.' });
    const asked = new AbortController();
    const renaming = [1, 2, 3].map(async () => {
      while (!asked.signal.aborted) {
        await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { title: crypto.randomUUID() });
      }
    });
    for (let n = 0; n < 5; n++) {
      const events = await app.client.ask(sessionId, 'Do it');
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
      await app.client.input(sessionId, { type: 'switch_agent', agent: 'orchestrator' });
    }
    asked.abort();
    await Promise.all(renaming);
  });

  it('is who the user names, without classification, until the choice is handed back', async () => {
    app.model.always({ text: 'Here.' });
    const named = await app.client.ask(sessionId, 'Look', { agent: 'debug' });
    expect(find(named, 'agent.switched').data).toMatchObject({ to: 'debug' });
    expect(all(named, 'run.phase_changed').map((event) => event.data.event)).toContain(
      'receive_directed_message',
    );
    expect(speakers(await app.client.ask(sessionId, 'And again', { agent: 'auto' }))).toEqual(['debug']);
    const purposes = () =>
      app.database.rows(`select purpose from llm_calls where session_id = $1`, [sessionId]);
    expect(await purposes()).toEqual([{ purpose: 'answer' }, { purpose: 'answer' }]);

    await app.client.input(sessionId, { type: 'switch_agent', agent: 'orchestrator' });
    expect(speakers(await app.client.ask(sessionId, 'Now you decide'))).toEqual(['coder']);
  });

  it('is who the user switches to, which is stored and streamed', async () => {
    const answer = await app.client.input(sessionId, {
      type: 'switch_agent',
      agent: 'ask',
      reason: 'only questions',
    });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ run: null, last_event_id: '0', message: { role: 'system' } });
    const events = await app.client.readUntil(sessionId, (event) => event.type === 'message.created');
    expect(typesOf(events)).toEqual(['agent.switched', 'message.created']);
    expect(events[0]!.data).toEqual({ from: 'orchestrator', to: 'ask', reason: 'only questions' });
    const switches = await app.database.rows(
      'select from_agent, to_agent, reason, run_id from agent_switches where session_id = $1',
      [sessionId],
    );
    expect(switches).toEqual([
      { from_agent: 'orchestrator', to_agent: 'ask', reason: 'only questions', run_id: null },
    ]);
    const [session] = await app.database.rows(
      'select agent, agent_chosen_by_user from sessions where id = $1',
      [sessionId],
    );
    expect(session).toEqual({ agent: 'ask', agent_chosen_by_user: true });

    const again = await app.client.input(sessionId, { type: 'switch_agent', agent: 'ask' });
    expect([again.status, again.body.message]).toEqual([200, undefined]);
    const streamed = await app.client.stream(sessionId, { type: 'switch_agent', agent: 'coder' });
    expect(typesOf(streamed)).toEqual(['agent.switched', 'message.created']);
  });

  it('can be handed over by the agent itself', async () => {
    app.model.reset({ is_atomic: true, agent: 'explain', confidence: 'high', reason: 'a question' });
    app.model.script(
      { calls: [{ name: 'switch_agent', args: { agent: 'coder', reason: 'it is work after all' } }] },
      finish('Done.'),
    );
    const events = await app.client.ask(sessionId, 'Could you fix it?');
    expect(speakers(events)).toEqual(['ask', 'coder']);
    const switches = await app.database.rows(
      'select from_agent, to_agent from agent_switches where session_id = $1 order by created_at',
      [sessionId],
    );
    expect(switches).toEqual([
      { from_agent: 'orchestrator', to_agent: 'ask' },
      { from_agent: 'ask', to_agent: 'coder' },
    ]);
    expect((await app.client.get(`/v1/sessions/${sessionId}`)).body.agent).toBe('coder');
  });

  it('cannot be handed round without end', async () => {
    const circular = await TestApp.start(
      { MODEL_CALL_LIMIT: '200' },
      { database: app.database, model: app.model },
    );
    try {
      app.model.script(
        ...Array.from({ length: 60 }, (_, n) => ({
          calls: [{ name: 'switch_agent', args: { agent: n % 2 ? 'coder' : 'debug', reason: 'you' } }],
        })),
      );
      const events = await circular.client.ask(sessionId, 'Go', { agent: 'coder' });
      expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code: 'agent.switch_limit' } });
      const [count] = await app.database.rows(
        'select count(*)::int as switches from agent_switches where session_id = $1 and run_id is not null',
        [sessionId],
      );
      expect(count).toEqual({ switches: 51 });
    } finally {
      await circular.stop();
    }
  });

  it('is one agent in single-agent mode', async () => {
    const single = await TestApp.start({ MULTI_AGENT_MODE: 'false' });
    try {
      single.model.script({ text: 'Here.' });
      const id = await single.client.openSession();
      const events = await single.client.ask(id, 'Do it');
      expect(speakers(events)).toEqual(['universal']);
      expect(typesOf(events)).not.toContain('agent.switched');
    } finally {
      await single.stop();
    }
  });

  it('may ask back, with suggestions; the next message is the answer', async () => {
    app.model.script(
      {
        calls: [{ name: 'ask_followup_question', args: { question: 'Which one?', suggestions: ['A', 'B'] } }],
      },
      { text: 'B it is.' },
    );
    const asked = await app.client.ask(sessionId, 'Pick');
    expect(asked.find((event) => event.type === 'message.completed')!.data).toMatchObject({
      content: 'Which one?',
      suggestions: ['A', 'B'],
      tool_calls: [],
    });
    expect(asked.at(-1)!.data).toMatchObject({ status: 'completed' });
    await app.client.ask(sessionId, 'B');
    expect(app.model.requests[1]!.messages.slice(1).map((message) => message.content)).toEqual([
      ...['Pick', 'Which one?', 'B'],
    ]);
  });
});
