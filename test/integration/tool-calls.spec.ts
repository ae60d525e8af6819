import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deltasOf, isFinished, isWaiting, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  UNKNOWN,
  all,
  askedIn,
  callDecision,
  callIn,
  callsIn,
  find,
  finish,
  reads,
  toolResult,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const READ = reads().calls[0]!;
const DONE = finish('Done.');

describe('tool calls', () => {
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

  const answer = (callId: string, more?: object) => app.client.input(sessionId, toolResult(callId, more));

  it('of one reply are all waited for, in whatever order they are answered', async () => {
    app.model.script({ calls: [READ, { name: 'list_files', args: { path: '.' } }, READ] }, DONE);
    const asked = await app.client.ask(sessionId, 'Look');
    const [a, b, c] = callsIn(asked) as [string, string, string];
    expect(find(asked, 'run.waiting').data.for).toHaveLength(3);

    const partly = await app.client.stream(sessionId, toolResult(b, { result: 'second' }));
    expect(typesOf(partly)).toEqual(['tool_call.settled', 'message.created', 'run.waiting']);
    expect(find(partly, 'run.waiting').data.for.map(({ id }) => id)).toEqual([a, c]);
    await answer(c, { error: 'no such file' });
    const done = await app.client.stream(sessionId, toolResult(a, { result: 'first' }));
    expect(isFinished(done.at(-1)!)).toBe(true);
    expect(app.model.requests[1]!.messages.slice(3).map((message) => message.content)).toEqual([
      ...['first', 'second', 'Error: no such file'],
    ]);
    const statuses = await app.database.rows(
      'select status from tool_calls where session_id = $1 order by id',
      [sessionId],
    );
    expect(statuses.map((row) => row['status'])).toEqual(['completed', 'completed', 'failed']);
  });

  it('answered 30 at once resume their run exactly once', async () => {
    app.model.script({ calls: Array.from({ length: 30 }, () => READ) }, DONE);
    const calls = callsIn(await app.client.ask(sessionId, 'Look'));
    const answers = await Promise.all(calls.map((callId) => answer(callId)));
    expect(answers.map((each) => each.status)).toEqual(calls.map(() => 202));
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(typesOf(events).filter((type) => type === 'run.resumed')).toHaveLength(1);
    expect(typesOf(events).filter((type) => type === 'tool_call.settled')).toHaveLength(30);
    expect(app.model.requests).toHaveLength(2);
  });

  it('answered twice the same get the first outcome, twice differently a conflict', async () => {
    app.model.script({ calls: [READ, READ] }, DONE);
    const [a, b] = callsIn(await app.client.ask(sessionId, 'Look')) as [string, string];
    const first = await answer(a, { result: { file: 'a', lines: [1, 2] } });
    // The order of keys does not count.
    const again = await answer(a, { result: { lines: [1, 2], file: 'a' } });
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body).toMatchObject({
      message: first.body.message,
      last_event_id: first.body.last_event_id,
    });
    for (const other of [{ result: 'else' }, { result: { file: 'a', lines: [2, 1] } }, { error: 'failed' }]) {
      const conflict = await answer(a, other);
      expect(conflict.body).toMatchObject({
        status: 409,
        code: 'tool_call.already_settled',
        call_status: 'completed',
      });
    }
    await answer(b);
    await app.client.readUntil(sessionId, isFinished);
    expect((await answer(a, { result: { file: 'a', lines: [1, 2] } })).status).toBe(200);
    expect((await answer(b, { result: 'late' })).body.code).toBe('tool_call.already_settled');
    const [count] = await app.database.rows(
      `select count(*)::int as answers from messages where session_id = $1 and role = 'tool'`,
      [sessionId],
    );
    expect(count).toEqual({ answers: 2 });
  });

  it('answered 20 times at once are settled once', async () => {
    app.model.script({ calls: [READ] }, DONE);
    const [callId] = callsIn(await app.client.ask(sessionId, 'Look')) as [string];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => answer(callId, { result: n < 10 ? 'same' : `other ${n}` })),
    );
    expect(answers.filter((each) => each.status === 202)).toHaveLength(1);
    expect(answers.every((each) => [200, 202, 409].includes(each.status))).toBe(true);
    await app.client.readUntil(sessionId, isFinished);
    expect(app.model.requests).toHaveLength(2);
  });

  it('of another session do not exist here', async () => {
    app.model.script({ calls: [READ] });
    const [callId] = callsIn(await app.client.ask(sessionId, 'Look')) as [string];
    const elsewhere = await app.client.openSession();
    for (const id of [callId, UNKNOWN, 'call_1']) {
      const refused = await app.client.input(elsewhere, toolResult(id, { result: 'x' }));
      expect([refused.status, refused.body.code]).toEqual([404, 'tool_call.not_found']);
    }
  });

  it.each([
    ['an unknown tool', { name: 'teleport', args: {} }, /no tool teleport.*read_file/],
    ['arguments that are not JSON', { name: 'read_file', args: '{"path": ' }, /not valid JSON/],
    [
      'arguments nested without end',
      { name: 'read_file', args: `${'['.repeat(20_000)}${']'.repeat(20_000)}` },
      /nested deeper/,
    ],
    ['a pattern that leads out', { name: 'list_files', args: { path: '.', pattern: '../../etc/*' } }, /\.\./],
    ['a missing argument', { name: 'read_file', args: {} }, /path/],
    ['a wrong type', { name: 'read_file', args: { path: 7 } }, /path/],
    ['an absolute path', { name: 'write_file', args: { path: '/etc/passwd', content: '' } }, /relative/],
    ['a path that leads out', { name: 'read_file', args: { path: 'a/../../b' } }, /\.\./],
    ['a path with NUL', { name: 'read_file', args: '{"path":"a\\u0000b"}' }, /NUL/],
    ['a Windows path that leads out', { name: 'read_file', args: { path: '..\\b' } }, /\.\./],
    ['a path that is too long', { name: 'read_file', args: { path: 'x'.repeat(4097) } }, /path/],
    [
      'a time limit too long',
      { name: 'execute_command', args: { command: 'ls', timeout_seconds: 301 } },
      /timeout_seconds/,
    ],
    [
      'a completion beside other calls',
      { name: 'attempt_completion', args: { result: 'x' } },
      /only tool call/,
    ],
  ])('with %s go back to the model as an error, and the run goes on', async (_what, call, error) => {
    const beside =
      call.name === 'attempt_completion'
        ? [{ name: 'switch_agent', args: { agent: 'ask', reason: 'x' } }]
        : [];
    app.model.script({ calls: [call, ...beside] }, DONE);
    const events = await app.client.ask(sessionId, 'Try');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(typesOf(events)).not.toContain('tool_call.requested');
    expect(app.model.requests[1]!.messages.at(beside.length ? -2 : -1)!.content as string).toMatch(error);
    const [row] = await app.database.rows('select status from tool_calls where session_id = $1 order by id', [
      sessionId,
    ]);
    expect(row).toEqual({ status: 'failed' });
  });

  it('that stay wrong fail the run after three replies in a row', async () => {
    app.model.always({ calls: [{ name: 'read_file', args: '{' }] });
    const events = await app.client.ask(sessionId, 'Try');
    expect(events.at(-1)!.data).toMatchObject({
      status: 'failed',
      error: { code: 'tool.arguments_invalid' },
    });
    expect(app.model.requests).toHaveLength(4);
    expect(typesOf(events).at(-1)).toBe('run.finished');
  });

  it.each([
    [
      'ask',
      { name: 'write_file', args: { path: 'a.md', content: '' } },
      /ask may not use write_file; architect may/,
    ],
    [
      'debug',
      { name: 'create_directory', args: { path: 'x' } },
      /debug may not use create_directory; coder may/,
    ],
    [
      'architect',
      { name: 'write_file', args: { path: 'src/a.ts', content: '' } },
      /architect may not write src\/a.ts; coder may/,
    ],
    [
      'architect',
      { name: 'execute_command', args: { command: 'ls' } },
      /architect may not use execute_command; coder may/,
    ],
  ])('that %s may not make name who may', async (agent, call, error) => {
    app.model.script({ calls: [call] }, { text: 'I see.' });
    const events = await app.client.ask(sessionId, 'Try', { agent });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(app.model.requests[1]!.messages.at(-1)!.content as string).toMatch(error);
  });

  it('let the architect write documents', async () => {
    app.model.script({ calls: [{ name: 'write_file', args: { path: 'docs/plan.md', content: '# Plan' } }] });
    const events = await app.client.ask(sessionId, 'Document it', { agent: 'architect' });
    expect(isWaiting(events.at(-1)!)).toBe(true);
  });

  it('without an answer expire by the deadline in the database, and the run goes on', async () => {
    const settled = await app.growth('tool_calls_total');
    app.model.script({ calls: [READ, READ] }, { text: 'I cannot see the file.' });
    const [a, b] = callsIn(await app.client.ask(sessionId, 'Look')) as [string, string];
    const [deadline] = await app.database.rows(
      `select extract(epoch from deadline_at - created_at)::int as seconds from tool_calls where id = $1`,
      [a],
    );
    expect(deadline).toEqual({ seconds: 3600 });
    await answer(b);
    await app.database.rows(`update tool_calls set deadline_at = now() - interval '1 second' where id = $1`, [
      a,
    ]);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(all(events, 'tool_call.settled').find(({ data }) => data.call_id === a)!.data).toMatchObject({
      status: 'expired',
    });
    expect(events.find((event) => event.type === 'run.resumed')!.data).toEqual({ by: 'tool_result_timeout' });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    const late = await answer(a);
    expect([late.status, late.body.code]).toEqual([409, 'tool_call.already_settled']);
    await eventually(async () =>
      expect(await settled()).toMatchObject({ 'tool_calls_total{tool="read_file",status="expired"}': 1 }),
    );
  });
});

describe('what a tool call says or does', () => {
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

  it('is streamed as it is written, where it ends the task', async () => {
    const result = 'All of it is done: "hello" 😀\nand tested.';
    app.model.script({
      text: 'One moment.',
      calls: [{ name: 'attempt_completion', args: { result } }],
      pace: { chunk: 4 },
    });
    const events = await app.client.ask(sessionId, 'Do it');
    const whole = `One moment.\n\n${result}`;
    expect([...deltasOf(events).values()]).toEqual([whole]);
    expect(events.find((event) => event.type === 'message.completed')!.data).toMatchObject({
      content: whole,
      tool_calls: [],
      finish_reason: 'stop',
    });
  });

  it.each<[string, object, object]>([
    ['read_file', { path: 'a.ts', start_line: null, end_line: '20' }, { path: 'a.ts', end_line: 20 }],
    ['list_files', { path: '', recursive: 'true', pattern: null }, { path: '.', recursive: true }],
  ])('is read as meant: %s %j; the model keeps its own words', async (name, args, read) => {
    app.model.script({ calls: [{ name, args }] }, DONE);
    const asked = await app.client.ask(sessionId, 'Look');
    expect(find(asked, 'tool_call.requested').data.arguments).toEqual(read);
    expect(find(asked, 'message.completed').data.tool_calls).toMatchObject([{ arguments: args }]);
    await app.client.stream(sessionId, toolResult(callIn(asked)));
    const call = app.model.requests[1]!.messages.at(-2)!.tool_calls![0]!;
    expect(JSON.parse(call.function.arguments)).toEqual(args);
  });

  it('is asked about, edited and executed as it was read', async () => {
    app.model.script({
      calls: [{ name: 'execute_command', args: { command: 'ls', cwd: '', timeout_seconds: '9' } }],
    });
    const { call_id: callId, arguments: args } = askedIn(await app.client.ask(sessionId, 'List'));
    expect(args).toEqual({ command: 'ls', timeout_seconds: 9 });
    const edit = callDecision(callId, 'edit', {
      modified_arguments: { command: 'ls -l', cwd: null, timeout_seconds: '10' },
    });
    const events = await app.client.stream(sessionId, edit);
    const edited = { command: 'ls -l', timeout_seconds: 10 };
    expect(find(events, 'tool_call.requested').data.arguments).toEqual(edited);
    const again = await app.client.input(sessionId, edit);
    expect([again.status, again.body.approval.modified_arguments]).toEqual([200, edited]);
  });

  it('may hold what PostgreSQL cannot store', async () => {
    const args = '{"path":"ab","query":"nul \\u0000 half \\ud800","\\u0000":1}';
    app.model.script(
      {
        calls: [
          { name: 'search_in_code', args },
          { name: 'nul\0', args: '{"a\\u0000":"\\udc00"}' },
        ],
      },
      DONE,
    );
    const events = await app.client.ask(sessionId, 'Do it');
    expect(find(events, 'tool_call.requested').data.arguments).toEqual({
      path: 'ab',
      query: 'nul \ufffd half \ufffd',
    });
    expect(isWaiting(events.at(-1)!)).toBe(true);
  });
});
