import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { find, callIn, finish, reads, toolResult } from '../support/scenes.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

const DONE = finish('Done.');
const HASH = '1'.repeat(64);
const SOURCE = 'export const greeting = "hello";\n';

const ATTACHMENTS = [
  { type: 'file', path: 'src/a.ts', content: SOURCE, hash: HASH },
  { type: 'selection', path: 'src/b.ts', start_line: 2, end_line: 3, content: 'two\nlines' },
  { type: 'file', path: 'src/big.ts', content: 'x'.repeat(20_001), hash: HASH },
  {
    type: 'diagnostics',
    items: [{ path: 'src/a.ts', line: 1, severity: 'error', message: 'unused', source: 'tsc' }],
  },
];
const EDITOR = { active: 'src/a.ts', open_files: ['src/a.ts', 'src/b.ts'], git: { branch: 'main' } };
/** What the history gives back: of the file that is too long, only what names it. */
const GIVEN_BACK = ATTACHMENTS.map((each) =>
  each.path === 'src/big.ts' ? { type: 'file', path: each.path, hash: HASH } : each,
);

let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());
beforeEach(async () => {
  app.model.reset();
  sessionId = await app.client.openSession({ agent: 'coder', file_hashes: true });
});

const history = async () => (await app.client.get(`/v1/sessions/${sessionId}/messages`)).body.data;
const versions = () =>
  app.database.rows('select thread, path, hash, call_id from file_versions where session_id = $1', [
    sessionId,
  ]);
/** What the model read last as the words of the user. */
const told = () =>
  app.model.requests.at(-1)!.messages.findLast(({ role }) => role === 'user')!.content as string;

describe('attachments of a message', () => {
  it('are told to the model after the words, and given back apart from them', async () => {
    app.model.script(DONE);
    const events = await app.client.ask(sessionId, 'Look', { attachments: ATTACHMENTS, editor: EDITOR });
    const { message } = find(events, 'message.created').data;
    expect(message).toMatchObject({ content: 'Look', attachments: GIVEN_BACK, editor: EDITOR });
    expect((await history())[0]).toEqual(message);

    const [stored] = await app.database.rows(
      'select content, tokens from messages where session_id = $1 and position = 1',
      [sessionId],
    );
    expect(told()).toBe(stored!['content']);
    expect(told()).toMatch(/^Look\n/);
    expect(told()).toContain(SOURCE);
    expect(told()).toContain('Selected in the editor: src/b.ts, lines 2 to 3');
    expect(told()).toContain('File src/big.ts (20001 characters): not shown here');
    expect(told()).toContain('- src/a.ts:1: error: unused (tsc)');
    expect(told()).toContain('Git branch: main');
    expect(stored!['tokens']).toBeGreaterThan(SOURCE.length / 4);
    // What the model was not shown counts as not shown.
    expect(await versions()).toEqual([{ thread: 'main', path: 'src/a.ts', hash: HASH, call_id: null }]);
  });

  it('make the hash of a file the one that a change of it expects', async () => {
    app.model.script({ calls: [{ name: 'write_file', args: { path: 'src/a.ts', content: 'new' } }] });
    const events = await app.client.ask(sessionId, 'Change it', { attachments: ATTACHMENTS });
    expect(find(events, 'approval.requested').data.approval).toMatchObject({ expected_hash: HASH });
  });

  it('are no versions of files in a session without file hashes', async () => {
    sessionId = await app.client.openSession({ agent: 'coder' });
    app.model.script(DONE);
    await app.client.ask(sessionId, 'Look', { attachments: ATTACHMENTS });
    expect(await versions()).toEqual([]);
  });

  it('wait with a queued message, which is named by the words alone', async () => {
    sessionId = await app.client.openSession({ agent: 'coder', file_hashes: true, title: undefined });
    app.model.script(reads(), DONE, DONE);
    const call = callIn(await app.client.ask(sessionId, 'First'));
    const more = { on_busy: 'queue', attachments: ATTACHMENTS, editor: EDITOR };
    const queued = await app.client.say(sessionId, 'Then this', more);
    expect(queued.body.run.status).toBe('queued');
    expect(await versions()).toEqual([]);
    await app.client.input(sessionId, toolResult(call));
    await eventually(async () => {
      const run = await app.client.get(`/v1/runs/${queued.body.run.id}`);
      expect(run.body.status).toBe('completed');
    });
    const message = (await history()).findLast(({ role }: { role: string }) => role === 'user');
    expect(message).toMatchObject({ content: 'Then this', attachments: GIVEN_BACK, editor: EDITOR });
    expect(told()).toContain(SOURCE);
    expect(await versions()).toMatchObject([{ path: 'src/a.ts' }]);
  });

  it('belong to the request that a key names', async () => {
    app.model.script(DONE);
    const once = app.client.with({ 'idempotency-key': `attached to ${sessionId}` });
    const first = await once.say(sessionId, 'Look', { attachments: ATTACHMENTS });
    expect((await once.say(sessionId, 'Look', { attachments: ATTACHMENTS })).body).toEqual(first.body);
    const other = await once.say(sessionId, 'Look', { attachments: ATTACHMENTS.slice(1) });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency.key_reused' } });
    await eventually(async () => {
      expect((await app.client.get(`/v1/runs/${first.body.run.id}`)).body.status).toBe('completed');
    });
  });

  const file = (more: object) => ({ attachments: [{ type: 'file', path: 'a.ts', ...more }] });
  it.each<[string, object, string]>([
    [
      '10,000 of them',
      { attachments: Array.from({ length: 10_000 }, () => ({ type: 'file', path: 'a' })) },
      'attachments',
    ],
    ['one of an unknown type', { attachments: [{ type: 'folder', path: 'a' }] }, 'attachments.0.type'],
    ['a path that leaves the workspace', file({ path: '../a.ts' }), 'attachments.0.path'],
    ['an absolute path', file({ path: '/etc/passwd' }), 'attachments.0.path'],
    ['NUL in a content', file({ content: 'a\0b' }), 'attachments.0.content'],
    ['half of a surrogate pair', file({ content: 'a\ud800' }), 'attachments.0.content'],
    ['lines that end before they begin', file({ start_line: 3, end_line: 2 }), 'attachments.0.end_line'],
    ['an end without a begin', file({ end_line: 2 }), 'attachments.0.end_line'],
    ['a hash that is none', file({ hash: 'A'.repeat(64) }), 'attachments.0.hash'],
    ['unknown fields', file({ mode: 'rw' }), 'attachments.0.mode'],
    ['diagnostics without any', { attachments: [{ type: 'diagnostics', items: [] }] }, 'attachments.0.items'],
    ['31 open files', { editor: { open_files: Array.from({ length: 31 }, () => 'a') } }, 'editor.open_files'],
    ['an active file elsewhere', { editor: { active: 'C:\\a.ts' } }, 'editor.active'],
    ['a branch of two lines', { editor: { git: { branch: 'main\nGit commit: x' } } }, 'editor.git.branch'],
    ['a message to an agent at work', { on_busy: 'steer', ...file({}) }, 'attachments'],
    ['an editor told to an agent at work', { on_busy: 'steer', editor: EDITOR }, 'editor'],
  ])('are refused: %s', async (_, more, field) => {
    const { status, body } = await app.client.say(sessionId, 'Look', more);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'request.invalid' });
    expect(body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(await history()).toEqual([]);
  });
});

describe('what a client wants shown of an answer', () => {
  const DISPLAY = { kind: 'diff', before_it: 'a\n', after_it: 'b\n' };

  it('is given back with it, and never told to the model', async () => {
    app.model.script(reads(), DONE);
    const call = callIn(await app.client.ask(sessionId, 'Read it'));
    const answer = toolResult(call, { result: 'text', display: DISPLAY });
    const events = await app.client.stream(sessionId, answer);
    const { message } = find(events, 'message.created').data;
    expect(message).toMatchObject({ content: 'text', display: DISPLAY });
    expect((await history()).find(({ id }: { id: string }) => id === message.id)).toEqual({
      ...message,
      call_status: 'completed',
    });
    expect(JSON.stringify(app.model.requests)).not.toContain('before_it');
    expect((await app.client.get(`/v1/tool-calls/${call}/result`)).body).toBe('text');
    // A repeat is one with the same display.
    expect((await app.client.input(sessionId, answer)).body.message.display).toEqual(DISPLAY);
    const other = await app.client.input(sessionId, { ...answer, display: 'other' });
    expect(other.body.code).toBe('tool_call.already_settled');
  });

  it('goes with an error too, and is made storable', async () => {
    app.model.script(reads(), DONE);
    const call = callIn(await app.client.ask(sessionId, 'Read it'));
    const events = await app.client.stream(sessionId, {
      ...{ type: 'tool_result', call_id: call },
      ...{ error: 'exit 1', display: { output: 'a\0b\ud800' } },
    });
    expect(find(events, 'message.created').data.message).toMatchObject({
      content: 'Error: exit 1',
      display: { output: 'a\ufffdb\ufffd' },
    });
  });

  it('is refused beyond 64 KB', async () => {
    app.model.script(reads());
    const call = callIn(await app.client.ask(sessionId, 'Read it'));
    const large = toolResult(call, { result: 'text', display: 'ä'.repeat(32 * 1024) });
    const { status, body } = await app.client.input(sessionId, large);
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ field: 'display' }]);
  });
});
