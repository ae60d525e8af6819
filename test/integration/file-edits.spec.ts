import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import {
  NOT_ATOMIC,
  all,
  approvalsIn,
  askedIn,
  callDecision,
  callIn,
  callsIn,
  find,
  finish,
  planDecision,
  planIdIn,
  propose,
  reads,
  toolResult,
} from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const DONE = finish('Done.');
const TOOLS = ['read_file', 'write_file', 'edit_file', 'move_file', 'delete_file', 'glob', 'search_in_code'];
/** Hashes of versions of a file; which text they belong to does not matter here. */
const [FIRST, SECOND, THIRD] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];

const edit = (path = 'a.txt', oldText = 'old') => ({
  name: 'edit_file',
  args: { path, edits: [{ old_text: oldText, new_text: 'new' }] },
});
const write = (path = 'a.txt') => ({ name: 'write_file', args: { path, content: 'text' } });
const calls = (...each: { name: string; args: object }[]) => ({ calls: each });

let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'coder', builtin_tools: TOOLS, file_hashes: true });
});

const answer = (callId: string, more?: object) => app.client.input(sessionId, toolResult(callId, more));
const shown = (callId: string, path = 'a.txt', hash = FIRST) =>
  app.client.stream(sessionId, toolResult(callId, { result: 'text', file: { path, hash } }));
const decide = (callId: string, decision = 'approve', more?: object) =>
  app.client.stream(sessionId, callDecision(callId, decision, more));

/** What is stored of the calls of the session that change a file. */
const guards = () =>
  app.database.rows(
    `select tool_name, expected_hash, after_call, status from tool_calls where session_id = $1 and guarded order by id`,
    [sessionId],
  );
const versions = () =>
  app.database.rows(
    `select thread, path, hash from file_versions where session_id = $1 order by thread, path`,
    [sessionId],
  );

/** Reads a.txt in its first version; the replies after that are the test's. */
async function read(...replies: Parameters<TestApp['model']['script']>): Promise<SentEvent[]> {
  app.model.script(reads(), ...replies);
  return shown(callIn(await app.client.ask(sessionId, 'Change it')));
}

describe('a call that changes a file', () => {
  it('is told the hash that its thread was shown, in the question and in the request', async () => {
    const asked = askedIn(await read(calls(edit()), DONE));
    expect(asked).toMatchObject({ tool_name: 'edit_file', expected_hash: FIRST });
    const listed = await app.client.get(`/v1/approvals/${asked.id}`);
    expect(listed.body).toMatchObject({ expected_hash: FIRST });
    const decided = await decide(asked.call_id);
    expect(find(decided, 'tool_call.requested').data).toMatchObject({ expected_hash: FIRST });
    expect(app.model.requests.map(({ messages }) => JSON.stringify(messages)).join('')).not.toContain(FIRST);
    expect(await guards()).toEqual([
      { tool_name: 'edit_file', expected_hash: FIRST, after_call: null, status: 'requested' },
    ]);
  });

  it('expects what was shown when the reply was recorded, not what is shown before it is approved', async () => {
    const both = await read(calls(edit(), reads().calls[0]!), DONE);
    const asked = askedIn(both);
    expect(asked.expected_hash).toBe(FIRST);
    // The person types, and the file is read anew while the question is open.
    await answer(callIn(both), { result: 'other', file: { path: 'a.txt', hash: SECOND } });
    const decided = await decide(asked.call_id);
    expect(find(decided, 'tool_call.requested').data.expected_hash).toBe(FIRST);
    expect(await versions()).toEqual([{ thread: 'main', path: 'a.txt', hash: SECOND }]);
  });

  it('expects no file where its thread was shown none', async () => {
    app.model.script(calls(write('new.txt')), DONE);
    const asked = askedIn(await app.client.ask(sessionId, 'Write it'));
    expect(asked).toHaveProperty('expected_hash', null);
    const requested = find(await decide(asked.call_id), 'tool_call.requested').data;
    expect(requested).toHaveProperty('expected_hash', null);
    await shown(requested.call_id, 'new.txt', SECOND);
    expect(await versions()).toEqual([{ thread: 'main', path: 'new.txt', hash: SECOND }]);
  });

  it('expects the hash of the new path, where a person edits the path', async () => {
    const asked = askedIn(await read(calls(edit('b.txt')), DONE));
    expect(asked).toHaveProperty('expected_hash', null);
    const decided = await decide(asked.call_id, 'edit', { modified_arguments: edit('a.txt').args });
    expect(find(decided, 'tool_call.requested').data.expected_hash).toBe(FIRST);
    expect(await guards()).toMatchObject([{ expected_hash: FIRST }]);
  });

  it('keeps its hash where a person edits other arguments', async () => {
    const asked = askedIn(await read(calls(edit()), DONE));
    const modified = edit('a.txt', 'else').args;
    const decided = await decide(asked.call_id, 'edit', { modified_arguments: modified });
    expect(find(decided, 'tool_call.requested').data).toMatchObject({
      expected_hash: FIRST,
      arguments: modified,
    });
  });

  it('of a subtask expects nothing of what the main history was shown', async () => {
    const one = [{ title: 'Write it', description: 'Write a.txt', agent: 'coder' }];
    app.model.reset(NOT_ATOMIC);
    app.model.script(
      reads(),
      propose({ title: 'A plan', description: 'Short', subtasks: one }),
      calls(write()),
    );
    sessionId = await app.client.openSession({ builtin_tools: TOOLS, file_hashes: true });
    const reviewed = await shown(callIn(await app.client.ask(sessionId, 'Plan it')));
    const started = await app.client.stream(sessionId, planDecision(planIdIn(reviewed), 'approve'));
    expect(askedIn(started)).toHaveProperty('expected_hash', null);
  });

  it('in a session of today is told nothing, and hashes are not kept', async () => {
    sessionId = await app.client.openSession({ agent: 'coder' });
    const asked = askedIn(await read(calls(write(), edit()), DONE));
    expect(asked).not.toHaveProperty('expected_hash');
    const requested = find(await decide(asked.call_id), 'tool_call.requested').data;
    expect(requested).not.toHaveProperty('expected_hash');
    expect([await versions(), await guards()]).toEqual([[], []]);
    const tools = app.model.requests[0]!.tools!.map(({ function: { name } }) => name);
    expect(tools).not.toContain('edit_file');
    expect(tools).not.toContain('glob');
    const search = app.model.requests[0]!.tools!.find((tool) => tool.function.name === 'search_in_code');
    expect(JSON.stringify(search)).not.toContain('context_lines');
    const [, refused] = await app.database.rows(
      `select m.content from messages m join tool_calls c on c.id = m.call_id
        where c.session_id = $1 and c.tool_name in ('read_file', 'edit_file') order by c.id`,
      [sessionId],
    );
    expect(refused!['content']).toMatch(/edit_file is not available in this session/);
  });
});

describe('two edits of one file in one reply', () => {
  it('answered in the other order: the later one is told to follow, and has time for it', async () => {
    const [one, two] = approvalsIn(await read(calls(edit(), edit('a.txt', 'more')), DONE)) as [
      ReturnType<typeof askedIn>,
      ReturnType<typeof askedIn>,
    ];
    expect(one).not.toHaveProperty('after');
    expect(two).toMatchObject({ expected_hash: FIRST, after: one.call_id });
    const later = find(await decide(two.call_id), 'tool_call.requested').data;
    expect(later).toMatchObject({ call_id: two.call_id, expected_hash: FIRST, after: one.call_id });
    // The first may be approved as late as its question allows, and then take its time.
    const [time] = await app.database.rows(
      `select a.expires_at < c.deadline_at - interval '1 hour' as enough
         from approvals a, tool_calls c where a.call_id = $1 and c.id = $2`,
      [one.call_id, two.call_id],
    );
    expect(time).toEqual({ enough: true });
    const earlier = find(await decide(one.call_id), 'tool_call.requested').data;
    expect(earlier).toMatchObject({ call_id: one.call_id, expected_hash: FIRST });
    expect(earlier).not.toHaveProperty('after');
    await shown(one.call_id, 'a.txt', SECOND);
    expect(isFinished((await shown(two.call_id, 'a.txt', THIRD)).at(-1)!)).toBe(true);
    expect(await guards()).toEqual([
      { tool_name: 'edit_file', expected_hash: FIRST, after_call: null, status: 'completed' },
      { tool_name: 'edit_file', expected_hash: FIRST, after_call: one.call_id, status: 'completed' },
    ]);
    expect(await versions()).toMatchObject([{ hash: THIRD }]);
  });

  it('follow each other one by one, also from where a file is moved to', async () => {
    const move = { name: 'move_file', args: { path: 'a.txt', to: 'b.txt' } };
    const asked = approvalsIn(await read(calls(edit(), move, edit('b.txt'), edit('c.txt')), DONE));
    const ids = asked.map(({ call_id: id }) => id);
    expect(asked.map(({ after }) => after)).toEqual([undefined, ids[0], ids[1], undefined]);
    expect(asked.map(({ expected_hash: hash }) => hash)).toEqual([FIRST, FIRST, null, null]);
  });
});

describe('a file that is gone', () => {
  it.each<[string, object, object]>([
    ['was deleted', { name: 'delete_file', args: { path: 'a.txt' } }, { result: 'ok' }],
    ['was not found', edit(), { error: 'There is no a.txt', error_code: 'file.not_found' }],
  ])('since it %s is expected no longer', async (_, call, outcome) => {
    const { call_id: callId } = askedIn(
      await read(calls(call as ReturnType<typeof edit>), calls(write()), DONE),
    );
    await decide(callId);
    const next = await app.client.stream(sessionId, toolResult(callId, outcome));
    expect(askedIn(next)).toHaveProperty('expected_hash', null);
    expect(await versions()).toEqual([]);
  });

  it('since it was moved is known by its new path', async () => {
    const move = { name: 'move_file', args: { path: 'a.txt', to: 'b.txt' } };
    const { call_id: callId } = askedIn(await read(calls(move), calls(edit('b.txt')), DONE));
    await decide(callId);
    expect(askedIn(await shown(callId, 'b.txt', SECOND))).toMatchObject({ expected_hash: SECOND });
    expect(await versions()).toEqual([{ thread: 'main', path: 'b.txt', hash: SECOND }]);
  });

  it('with its session leaves nothing behind', async () => {
    await read(DONE);
    expect(await versions()).toHaveLength(1);
    expect((await app.client.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(204);
    expect(await versions()).toEqual([]);
  });
});

describe('an answer about a file', () => {
  it('counts for the path of the call, however the client spells it, and may be long', async () => {
    const path = `${'folder/'.repeat(500)}a.txt`;
    app.model.script(reads(path), calls(edit(path)), DONE);
    const events = await shown(callIn(await app.client.ask(sessionId, 'Read')), `./${path.toUpperCase()}`);
    expect(askedIn(events)).toMatchObject({ expected_hash: FIRST });
    expect(await versions()).toHaveLength(2);
  });

  it.each<[string, object, string, RegExp]>([
    ['an unknown code', { error: 'x', error_code: 'edit.odd' }, 'error_code', /edit\.no_match.*file\.exists/],
    ['a code beside a result', { result: 'x', error_code: 'edit.stale' }, 'error_code', /error only/],
    ['a file beside an error', { error: 'x', file: { path: 'a', hash: FIRST } }, 'file', /result only/],
    ['no hash', { result: 'x', file: { path: 'a', hash: 'abc' } }, 'file.hash', /64/],
    ['a path that leads out', { result: 'x', file: { path: '../a', hash: FIRST } }, 'file.path', /\.\./],
  ])('with %s is refused, and the call stays open', async (_, outcome, field, message) => {
    app.model.script(reads(), DONE);
    const callId = callIn(await app.client.ask(sessionId, 'Read'));
    const refused = await answer(callId, outcome);
    expect(refused.body).toMatchObject({ status: 400, code: 'request.invalid', errors: [{ field }] });
    expect(refused.body.errors[0].message).toMatch(message);
    expect((await answer(callId)).status).toBe(202);
  });

  it('is known again by all that it says', async () => {
    app.model.script(calls(reads().calls[0]!, reads('b.txt').calls[0]!), DONE);
    const [a, b] = callsIn(await app.client.ask(sessionId, 'Read')) as [string, string];
    const told = { result: 'x', file: { hash: FIRST, path: 'a.txt' } };
    const failed = { error: 'x', error_code: 'file.not_found' };
    for (const [id, said, other] of [
      [a, told, { ...told, file: { ...told.file, hash: SECOND } }],
      [b, failed, { error: 'x' }],
    ] as const) {
      const statuses = [await answer(id, said), await answer(id, said), await answer(id, other)];
      expect(statuses.map(({ status }) => status)).toEqual([202, 200, 409]);
    }
  });

  it('with an error is counted by tool and code', async () => {
    const growth = await app.growth('tool_errors_total');
    app.model.script(calls(reads().calls[0]!, reads('b.txt').calls[0]!), DONE);
    const [a, b] = callsIn(await app.client.ask(sessionId, 'Read')) as [string, string];
    await answer(a, { error: 'gone', error_code: 'file.not_found' });
    await answer(a, { error: 'gone', error_code: 'file.not_found' });
    await answer(b, { error: 'no reason' });
    await eventually(async () =>
      expect(await growth()).toEqual({
        'tool_errors_total{tool="read_file",code="file.not_found"}': 1,
        'tool_errors_total{tool="read_file",code="other"}': 1,
      }),
    );
  });
});

describe('the tools of a session', () => {
  const offered = () => app.model.requests.at(-1)!.tools!.map(({ function: { name } }) => name);

  it('are those that its client names, and those of the runtime', async () => {
    app.model.script({ text: 'Hi.' });
    sessionId = await app.client.openSession({ agent: 'coder', builtin_tools: ['read_file', 'glob'] });
    await app.client.ask(sessionId, 'Hi');
    expect(offered()).toEqual([
      ...['read_file', 'glob', 'read_result', 'update_todos'],
      ...['attempt_completion', 'ask_followup_question', 'switch_agent'],
    ]);
  });

  it.each<[object, string]>([
    [{ builtin_tools: ['read_file', 'fly'] }, 'builtin_tools.1'],
    [{ builtin_tools: ['edit_file'] }, 'file_hashes'],
    [{ builtin_tools: ['edit_file'], file_hashes: false }, 'file_hashes'],
  ])('are refused: %j', async (body, field) => {
    const refused = await app.client.post('/v1/sessions', body);
    expect(refused.body).toMatchObject({ status: 400, code: 'request.invalid', errors: [{ field }] });
  });

  it('may change between runs, never within one', async () => {
    sessionId = await app.client.openSession({ agent: 'coder' });
    const change = (body: object) => app.client.call('PATCH', `/v1/sessions/${sessionId}`, body);
    app.model.script(reads(), DONE, { text: 'Hi.' });
    const callId = callIn(await app.client.ask(sessionId, 'Read'));
    const body = { builtin_tools: TOOLS, file_hashes: true };
    expect((await change(body)).body).toMatchObject({ status: 409, code: 'run.in_progress' });
    await app.client.stream(sessionId, toolResult(callId));
    expect((await change(body)).body).toMatchObject(body);
    expect((await change({ file_hashes: false })).body).toMatchObject({ errors: [{ field: 'file_hashes' }] });
    const updates = await app.client.ask(sessionId, 'Hi');
    expect(typesOf(updates)).toContain('run.finished');
    expect(offered()).toContain('edit_file');
    expect((await change({ builtin_tools: null, file_hashes: false })).body).toMatchObject({
      builtin_tools: null,
      file_hashes: false,
    });
    const { last_event_id: last } = (await app.client.get(`/v1/sessions/${sessionId}`)).body;
    const events = await app.client.readUntil(sessionId, ({ id }) => id === last);
    expect(find(events.slice(-1), 'session.updated').data.changed).toEqual(['builtin_tools', 'file_hashes']);
  });
});

describe('a list of what is to be done', () => {
  const TODOS = [
    { text: 'Read it', status: 'completed' },
    { text: 'Change it', status: 'in_progress' },
  ];
  const todos = (items: object[] | string) => ({ name: 'update_todos', args: { items } });

  it('is kept and told whole, and the model goes on at once', async () => {
    app.model.script(calls(todos(TODOS)), calls(todos(JSON.stringify([TODOS[0]]))), DONE);
    const events = await app.client.ask(sessionId, 'A long task');
    expect(all(events, 'todos.updated').map(({ data }) => data.items)).toEqual([TODOS, [TODOS[0]]]);
    expect(typesOf(events)).not.toContain('tool_call.requested');
    expect((await app.client.get(`/v1/sessions/${sessionId}`)).body.todos).toEqual([TODOS[0]]);
    const [row] = await app.database.rows('select todos from sessions where id = $1', [sessionId]);
    expect(row).toEqual({ todos: [TODOS[0]] });
    expect((await app.client.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(204);
    const [gone] = await app.database.rows('select todos from sessions where id = $1', [sessionId]);
    expect(gone).toEqual({ todos: null });
  });

  it.each([
    ['of 51 items', Array.from({ length: 51 }, () => TODOS[0]!)],
    ['with an unknown status', [{ text: 'Read it', status: 'perhaps' }]],
    ['with an empty text', [{ text: ' ', status: 'pending' }]],
  ])('%s goes back to the model', async (_, items) => {
    app.model.script(calls(todos(items)), DONE);
    const events = await app.client.ask(sessionId, 'A long task');
    expect(typesOf(events)).not.toContain('todos.updated');
    expect(app.model.requests[1]!.messages.at(-1)!.content as string).toMatch(/^Error: items/);
  });
});
