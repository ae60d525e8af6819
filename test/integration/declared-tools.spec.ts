import { ChatCompletionRequest } from '@copilotkit/aimock';
import { describe, expect, it } from 'vitest';
import { agentText } from '../support/agent-files.js';
import { SentEvent, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { callIn, find, propose, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import {
  DONE,
  LOOK_UP,
  PARAMETERS,
  app,
  content,
  declare,
  digests,
  letLapse,
  lists,
  looksUp,
  sessionId,
  shown,
  tool,
  withdraw,
} from './support/declared-tools.js';

describe('the tools of a client', () => {
  it('are declared, listed, replaced and withdrawn', async () => {
    const { status, body } = await declare([
      tool(LOOK_UP, { effect: 'read', timeout_seconds: 5, agents: ['coder'] }),
    ]);
    expect([status, body]).toEqual([
      200,
      {
        client_id: 'window-1',
        ttl_seconds: 600,
        expires_at: expect.any(String) as string,
        tools: [tool(LOOK_UP, { effect: 'read', timeout_seconds: 5, agents: ['coder'] })],
      },
    ]);
    expect(await lists()).toEqual([body]);
    await declare([tool('b_one')], 'window 2');
    await declare([tool('own_one'), tool('own_two')]);
    expect(
      (await lists()).map((list: { tools: { name: string }[] }) => list.tools.map(({ name }) => name)),
    ).toEqual([['b_one'], ['own_one', 'own_two']]);
    expect([(await withdraw()).status, (await withdraw()).status]).toEqual([204, 204]);
    expect(await lists()).toMatchObject([{ client_id: 'window 2' }]);
  });

  it('are shown to agents from the next run on: those of all clients, by name, as they were declared', async () => {
    await declare([tool('b_two'), tool(LOOK_UP)]);
    await declare([tool('a_one')], 'window-2');
    app.model.script(DONE);
    await app.client.ask(sessionId, 'Look');
    expect(shown()).toEqual([['a_one', 'b_two', LOOK_UP]]);
    const { function: told } = app.model.requests[0]!.tools!.at(-1)!;
    expect(JSON.stringify(told)).toBe(
      JSON.stringify({ name: LOOK_UP, description: `Does ${LOOK_UP}`, parameters: PARAMETERS }),
    );
  });

  it.each([
    ['coder', [LOOK_UP]],
    ['debug', [LOOK_UP]],
    ['universal', [LOOK_UP]],
    ['ask', []],
    ['architect', []],
  ])('are shown to %s as its file says: %j', async (agent, names) => {
    await declare([tool(LOOK_UP), tool('own_other', { agents: ['somebody'] })]);
    app.model.script(DONE);
    await app.client.ask(sessionId, 'Look', { agent });
    expect(shown()).toEqual([names]);
  });

  it('are chosen by the globs of an agent of a user', async () => {
    const definition = agentText(
      'Look.',
      "tools: [read_file, attempt_completion, 'client:mcp__*']\ndisallowed_tools: ['client:*__delete']",
    );
    expect((await app.client.call('PUT', '/v1/agents/looker', { definition })).status).toBe(200);
    await declare([tool(LOOK_UP), tool('mcp__tickets__delete'), tool('own_one')]);
    app.model.script(looksUp({ number: 7 }, 'mcp__tickets__delete'), DONE);
    await app.client.ask(sessionId, 'Look', { agent: 'looker' });
    expect(shown()[0]).toEqual([LOOK_UP]);
    expect(content(-1)).toMatch(/no tool mcp__tickets__delete; your tools are .*mcp__tickets__look_up/);
  });

  it('are no business of jobs', async () => {
    await declare([tool(LOOK_UP)]);
    const worker = await TestApp.start({}, { database: app.database, model: app.model, worker: true });
    app.model.script({ text: 'Done.' });
    const { body: job } = await worker.client.post('/v1/jobs/agents/coder/latest', {
      session_id: sessionId,
      query: 'Why?',
    });
    await eventually(async () =>
      expect((await worker.client.get(`/v1/jobs/${job.job_id}`)).body.status).toBe('done'),
    );
    await worker.stop();
    expect(shown()).toEqual([[]]);
  });

  it('go with their session', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script(DONE);
    await app.client.ask(sessionId, 'Look');
    const stored = () =>
      app.database.rows(
        `select 1 from client_tools where session_id = $1 union all select 1 from tool_lists where session_id = $1`,
        [sessionId],
      );
    expect(await stored()).toHaveLength(2);
    await app.client.call('DELETE', `/v1/sessions/${sessionId}`);
    expect(await stored()).toHaveLength(0);
    expect((await declare([])).body.code).toBe('session.not_found');
  });
});

describe('a list is refused', () => {
  const large = (kilobytes: number) => ({
    parameters: {
      type: 'object',
      properties: { a: { type: 'string', description: 'x'.repeat(kilobytes * 1024) } },
    },
  });

  it.each<[string, object[], string, RegExp]>([
    ['with a name that is none', [tool('1st')], 'tools.0.name', /letter/],
    ['with a name too long', [tool('x'.repeat(65))], 'tools.0.name', /letter/],
    ['without a description', [tool('own_one', { description: ' ' })], 'tools.0.description', /visible/],
    [
      'with a description too long',
      [tool('own_one', { description: 'x'.repeat(4001) })],
      'tools.0.description',
      /4000/,
    ],
    ['with more than 64 tools', Array.from({ length: 65 }, (_, n) => tool(`own_${n}`)), 'tools', /64/],
    ['with a schema too large', [tool('own_one', large(32))], 'tools.0.parameters', /32768 bytes/],
    ['with no schema', [tool('own_one', { parameters: 7 })], 'tools.0.parameters', /./],
    ['with an unknown effect', [tool('own_one', { effect: 'none' })], 'tools.0.effect', /./],
    ['with a field too many', [tool('own_one', { strict: true })], 'tools.0.strict', /known/],
    [
      'with a pattern',
      [
        tool('own_one'),
        tool('own_two', { parameters: { type: 'object', properties: { a: { pattern: '(a+)+$' } } } }),
      ],
      'tools.1.parameters.properties.a.pattern',
      /regular expression/,
    ],
    [
      'with a recursive schema',
      [tool('own_one', { parameters: { type: 'object', properties: { a: { $ref: '#' } } } })],
      'tools.0.parameters',
      /leads back/,
    ],
    [
      'with NUL',
      [tool('own_one', { parameters: { type: 'object', title: '\0' } })],
      'tools.0.parameters.title',
      /NUL/,
    ],
  ])('%s', async (_what, tools, field, message) => {
    const { status, body } = await declare(tools);
    expect([status, body.code]).toEqual([400, 'request.invalid']);
    expect(body.errors[0]).toMatchObject({ field, message: expect.stringMatching(message) as string });
    expect(await lists()).toEqual([]);
  });

  it.each([9, 86_401, 0, -1, 1.5, '60', null])('with the time %j', async (ttl) => {
    const { status, body } = await declare([], 'window-1', ttl as number);
    expect([status, body.errors[0].field]).toEqual([400, 'ttl_seconds']);
  });

  it.each(['x'.repeat(101), 'a\nb', 'é'])('of the client %j', async (clientId) => {
    const { status, body } = await declare([], clientId);
    expect([status, body.errors[0].field]).toEqual([400, 'client_id']);
  });

  it.each(['read_file', 'Read_File', 'read-file', 'attempt_completion'])(
    'with a name like one of the runtime: %s',
    async (name) => {
      const { status, body } = await declare([tool(name)]);
      expect([status, body.code]).toEqual([409, 'tool.name_taken']);
    },
  );

  it('with a name twice, in itself or among the clients', async () => {
    expect((await declare([tool('own_one'), tool('own_one')])).body.code).toBe('tool.name_taken');
    await declare([tool('own_one')]);
    expect((await declare([tool('own_one')], 'window-2')).body).toMatchObject({
      status: 409,
      code: 'tool.name_taken',
      detail: expect.stringContaining('window-1') as string,
    });
    await letLapse();
    expect((await declare([tool('own_one')], 'window-2')).status).toBe(200);
  });

  it('by all but one of ten clients that want one name at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => declare([tool('own_one')], `window-${n}`)),
    );
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    expect(await lists()).toHaveLength(1);
  });

  it('where the session would have too many or too much', async () => {
    await declare(Array.from({ length: 40 }, (_, n) => tool(`a_${n}`)));
    const more = await declare(
      Array.from({ length: 25 }, (_, n) => tool(`b_${n}`)),
      'window-2',
    );
    expect([more.status, more.body.code]).toEqual([409, 'tool.limit_reached']);
    const heavy = await declare(
      Array.from({ length: 5 }, (_, n) => tool(`b_${n}`, large(28))),
      'window-2',
    );
    expect([heavy.status, heavy.body.code]).toEqual([409, 'tool.limit_reached']);
  });

  it('where it is too much by itself, before its schemas are looked at', async () => {
    const tools = Array.from({ length: 5 }, (_, n) => tool(`own_${n}`, large(28)));
    const { status, body } = await declare([...tools, tool('own_wrong', { parameters: { type: 'text' } })]);
    expect([status, body.code]).toEqual([409, 'tool.limit_reached']);
  });

  it('in an archived session', async () => {
    await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { archived: true });
    expect((await declare([])).body.code).toBe('session.archived');
  });
});

describe('a run', () => {
  /** The tools of a request, and the messages before the newest ones. */
  const isPrefix = (before: ChatCompletionRequest, after: ChatCompletionRequest) => {
    expect(JSON.stringify(after.tools)).toBe(JSON.stringify(before.tools));
    expect(JSON.stringify(after.messages)).toMatch(JSON.stringify(before.messages).slice(0, -1));
  };

  it('keeps its tools while the list changes, over a restart and a takeover; the next one has the new', async () => {
    await declare([tool('a_one'), tool(LOOK_UP)]);
    const slow = { text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 60 } };
    app.model.script({ calls: [{ name: 'read_file', args: { path: 'a' } }] }, slow, DONE, DONE);
    const asked = await app.client.ask(sessionId, 'Look');
    const callId = callIn(asked);
    await declare([tool('b_two', { description: 'Another' })]);
    await declare([tool('a_zero')], 'window-2');

    // Another process goes on with it, and loses its lease while the model speaks.
    const other = await TestApp.start(
      { RUN_LEASE_SECONDS: '3' },
      { database: app.database, model: app.model },
    );
    await other.client.input(sessionId, toolResult(callId));
    await other.client.readUntil(sessionId, ({ type }: SentEvent) => type === 'message.delta');
    await app.database.rows(
      `update runs set lease_token = gen_random_uuid(), lease_owner = 'dead', lease_expires_at = now() - interval '1 second'
        where session_id = $1`,
      [sessionId],
    );
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(find(events, 'run.finished').data.status).toBe('completed');
    await other.stop();
    const [run] = await app.database.rows('select attempt from runs where session_id = $1', [sessionId]);
    expect(run).toEqual({ attempt: 2 });
    const [first, second, third] = app.model.requests as [
      ChatCompletionRequest,
      ChatCompletionRequest,
      ChatCompletionRequest,
    ];
    expect(shown()).toEqual(Array.from({ length: 3 }, () => ['a_one', LOOK_UP]));
    isPrefix(first, second);
    isPrefix(first, third);

    await app.client.ask(sessionId, 'And now');
    expect(shown().at(-1)).toEqual(['a_zero', 'b_two']);
    const [before, after] = await digests();
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(after).not.toBe(before);
    const kept = await app.database.rows('select digest from tool_lists where session_id = $1', [sessionId]);
    expect(new Set(kept.map(({ digest }) => digest))).toEqual(new Set([before, after]));
  });

  it('with the same tools as another one keeps one list with it', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script(DONE, DONE);
    await app.client.ask(sessionId, 'Look');
    await declare([tool(LOOK_UP)], 'window-1', 60);
    await app.client.ask(sessionId, 'Again');
    const [first, second] = await digests();
    expect(second).toBe(first);
    const [count] = await app.database.rows(
      'select count(*)::int as lists from tool_lists where session_id = $1',
      [sessionId],
    );
    expect(count).toEqual({ lists: 1 });
  });

  it('has its tools in its context: what they take is told, and too much of it is refused', async () => {
    const context = async () => (await app.client.get(`/v1/sessions/${sessionId}/context`)).body;
    app.model.script({ text: 'Hello.' }, { text: 'Hello.' });
    await app.client.ask(sessionId, 'Hello');
    const before = await context();
    // The model is assumed to take 32,768 tokens.
    await declare(
      Array.from({ length: 4 }, (_, n) =>
        tool(`own_${n}`, {
          description: 'x'.repeat(4000),
          parameters: { type: 'object', description: 'y'.repeat(26_000) },
        }),
      ),
    );
    const after = await context();
    expect(after.parts.tools - before.parts.tools).toBeGreaterThan(30_000);
    expect(after.tokens).toBeGreaterThan(30_000);
    const events = await app.client.ask(sessionId, 'Again');
    expect(find(events, 'run.finished').data).toMatchObject({
      status: 'failed',
      error: {
        code: 'context.too_large',
        message: expect.stringContaining('the description of its tools') as string,
      },
    });
    expect(app.model.requests).toHaveLength(1);
    await declare([]);
    expect(find(await app.client.ask(sessionId, 'Now'), 'run.finished').data.status).toBe('completed');
  });

  it('of a plan that is tried again has the tools of that moment', async () => {
    const planning = await app.client.openSession();
    app.model.reset({ is_atomic: false, agent: 'plan', confidence: 'high', reason: 'several files' });
    app.model.script(propose(), { status: 400 }, { status: 400 }, { status: 400 }, { status: 400 });
    await app.client.ask(planning, 'Build a greeting tool');
    const { body: plans } = await app.client.get(`/v1/sessions/${planning}/plans`);
    const planId = plans.data[0].id;
    await app.client.stream(planning, { type: 'plan_decision', plan_id: planId, decision: 'approve' });
    await declare([tool(LOOK_UP)], 'window-1', 600, planning);
    app.model.reset();
    app.model.script(DONE, DONE, DONE);
    await app.client.post(`/v1/plans/${planId}/retry`);
    await eventually(async () => {
      const { body: session } = await app.client.get(`/v1/sessions/${planning}`);
      expect(session.active_run).toBeNull();
    });
    expect(shown()[0]).toEqual([LOOK_UP]);
  });
});

describe('a tool that a provider refuses', () => {
  const refusal = (place: number) => ({
    status: 400,
    message: `Invalid schema for function 'x': In context=('properties', 'a'), tools[${place}].function.parameters is wrong.`,
  });
  const placeOf = (name: string) =>
    app.model.requests[0]!.tools!.findIndex((each) => each.function.name === name);

  it('ends the run, and costs the session that tool only', async () => {
    await declare([tool('a_one'), tool(LOOK_UP)]);
    app.model.script(DONE);
    await app.client.ask(sessionId, 'Look');
    const place = placeOf(LOOK_UP);
    app.model.reset();
    app.model.always(refusal(place));
    const events = await app.client.ask(sessionId, 'Look');
    expect(find(events, 'run.finished').data).toMatchObject({
      status: 'failed',
      error: { code: 'model.tool_refused', message: expect.stringContaining(LOOK_UP) as string },
    });
    const refused = { model: expect.any(String) as string, at: expect.any(String) as string };
    expect(await lists()).toMatchObject([{ tools: [{ name: 'a_one' }, { name: LOOK_UP, refused }] }]);
    expect((await lists())[0].tools[0]).not.toHaveProperty('refused');

    // Declared again, by another window as well, it stays out; changed it gets another chance.
    await withdraw();
    await declare([tool('a_one'), tool(LOOK_UP)], 'window-2');
    app.model.reset();
    app.model.script(DONE, DONE);
    await app.client.ask(sessionId, 'Again');
    await declare([tool(LOOK_UP, { description: 'Mended' })], 'window-2');
    await app.client.ask(sessionId, 'And again');
    expect(shown()).toEqual([['a_one'], [LOOK_UP]]);
  });

  it('is found by its name, where the provider tells no place', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.script({ status: 400, message: `Invalid schema for function '${LOOK_UP}': no items` });
    const events = await app.client.ask(sessionId, 'Look');
    expect(find(events, 'run.finished').data.error?.code).toBe('model.tool_refused');
    expect((await lists())[0].tools[0]).toHaveProperty('refused');
  });

  it('is not blamed for a refusal of a built-in one', async () => {
    await declare([tool(LOOK_UP)]);
    app.model.always(refusal(0));
    const events = await app.client.ask(sessionId, 'Look');
    expect(find(events, 'run.finished').data.error?.code).toBe('model.request_refused');
    expect((await lists())[0].tools[0]).not.toHaveProperty('refused');
  });
});
