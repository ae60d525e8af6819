import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { NOT_ATOMIC, finish, propose, reads, writes } from '../support/scenes.js';
import { Editor, FULL } from './support/editor.js';
import { DONE, cwd, database, model, read, restart, runs, serve, server, url } from './support/served.js';

const INITIALIZE = {
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: { protocolVersion: 1, clientCapabilities: {} },
};

const RESTART_MS = 60_000;
/** It takes half a second at most, and a busy machine longer. */
const SOON_MS = 5_000;

// Started again, it has the same address.
serve({ RUN_LEASE_SECONDS: '3', PORT: String(await freePort()) });

const lapse = (sessionId: string) =>
  database.rows('update tool_calls set claim_expires_at = now() where session_id = $1', [sessionId]);
const isGone = (pid: number) => eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
const pidIn = (path: string) =>
  eventually(async () => Number(await read(path)) || Promise.reject(new Error('it has not begun')));

it(
  'shows nothing but a pause where the server is killed in the middle of a plan',
  { timeout: RESTART_MS },
  async () => {
    model.reset(NOT_ATOMIC);
    model.script(propose(), writes(), finish('Written.'), finish('Checked.'));
    const editor = await Editor.start(url, FULL);
    let isKilled = false;
    editor.choose = async ({ options }) => {
      if (!isKilled && editor.permissions.length === 2) {
        isKilled = true;
        await restart();
      }
      return options[0]!.optionId;
    };
    const sessionId = await editor.open(cwd, 'auto');
    expect(await editor.prompt(sessionId, 'Build a greeting tool')).toBe('end_turn');
    expect(isKilled).toBe(true);
    expect(await read('greet.js')).toBe('hello');
    expect(
      editor
        .updates('plan')
        .at(-1)!
        .entries.map(({ status }) => status),
    ).toEqual(['completed', 'completed']);
    await editor.close();
  },
);

describe('a bridge that is killed', () => {
  it('with an open approval: the next one asks again, and goes on', async () => {
    model.script(writes(), DONE);
    const killed = await Editor.start(url);
    killed.choose = () => new Promise(() => undefined);
    const sessionId = await killed.open(cwd);
    const lost = killed.prompt(sessionId, 'Write').catch(() => 'lost');
    await killed.asked();
    killed.signal('SIGKILL');
    expect(await lost).toBe('lost');

    const editor = await Editor.start(url);
    await editor.load(sessionId, cwd);
    expect(editor.text).toContain('A run waits for your decision: ');
    expect(editor.permissions).toEqual([]);
    expect(await editor.prompt(sessionId, '/continue')).toBe('end_turn');
    expect(await read('greet.js')).toBe('hello');
    await editor.close();
  });

  it('with an open approval: another prompt ends what was open, instead of waiting behind it', async () => {
    model.script(writes(), finish('Something else.'));
    const killed = await Editor.start(url);
    killed.choose = () => new Promise(() => undefined);
    const sessionId = await killed.open(cwd);
    const lost = killed.prompt(sessionId, 'Write').catch(() => 'lost');
    await killed.asked();
    killed.signal('SIGKILL');
    await lost;

    const editor = await Editor.start(url);
    await editor.load(sessionId, cwd);
    expect(await editor.prompt(sessionId, 'Something else')).toBe('end_turn');
    expect(editor.text).toContain('Something else.');
    await editor.close();
  });

  it('with an open call: the next one executes it', async () => {
    await writeFile(join(cwd, 'a.txt'), 'what was written');
    model.script(reads(), DONE);
    const killed = await Editor.start(url, { fs: { readTextFile: true } });
    killed.readFile = () => new Promise(() => undefined);
    const sessionId = await killed.open(cwd);
    const lost = killed.prompt(sessionId, 'Read').catch(() => 'lost');
    await killed.sees('fs/read_text_file');
    killed.signal('SIGKILL');
    await lost;
    await lapse(sessionId);

    const editor = await Editor.start(url);
    await editor.load(sessionId, cwd);
    expect(await editor.prompt(sessionId, '/continue')).toBe('end_turn');
    expect(JSON.stringify(model.requests.at(-1))).toContain('what was written');
    await editor.close();
  });

  it('with a running command: the next one asks before it runs it again', async () => {
    model.script(runs('echo $$ > pid; echo ran >> log; exec sleep 60'), DONE);
    const killed = await Editor.start(url);
    const sessionId = await killed.open(cwd);
    const lost = killed.prompt(sessionId, 'Run').catch(() => 'lost');
    const pid = await pidIn('pid');
    killed.signal('SIGKILL');
    await lost;
    await isGone(pid);
    await lapse(sessionId);

    const editor = await Editor.start(url);
    editor.choose = () => 'reject';
    await editor.load(sessionId, cwd);
    expect(await editor.prompt(sessionId, '/continue')).toBe('end_turn');
    expect(editor.permissions).toMatchObject([{ options: [{ optionId: 'allow' }, { optionId: 'reject' }] }]);
    expect(await read('log')).toBe('ran\n');
    await editor.close();
  });
});

it.each([
  ['its input ends', (editor: Editor) => editor.closeInput()],
  ['it is told by SIGTERM', (editor: Editor) => editor.signal('SIGTERM')],
])('is gone soon when %s, with the command that is running', async (_, end) => {
  model.script(runs('sleep 60 & echo $! > pid; wait'), DONE);
  const editor = await Editor.start(url);
  const sessionId = await editor.open(cwd);
  editor.prompt(sessionId, 'Run').catch(() => 'lost');
  const pid = await pidIn('pid');
  const since = performance.now();
  end(editor);
  expect(await editor.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(SOON_MS);
  await isGone(pid);
  // Its run waits for the next editor; the script of the test after this one is not for it.
  const { body } = await server.client.get(`/v1/sessions/${sessionId}`);
  await server.client.post(`/v1/runs/${body.active_run.id}/cancel`, {});
});

describe('the command', () => {
  const ended = async (args: string[], given: Record<string, string> = {}) => {
    const child = Editor.spawn(given, args);
    let [out, errors] = ['', ''];
    child.stdout!.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, errors };
  };

  it('explains itself, and refuses what it does not know', async () => {
    expect(await ended(['--help'])).toMatchObject({ code: 0, errors: '' });
    const refused = await Promise.all([
      ended(['--verbose'], { AGENT_RUNTIME_URL: url }),
      ended(['serve'], { AGENT_RUNTIME_URL: url }),
      ended([], { AGENT_RUNTIME_URL: 'here' }),
    ]);
    for (const { code, out, errors } of refused) {
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(errors).toContain('usage: agent-runtime acp');
    }
  });

  it('answers `initialize` without a server, and keeps the messages in a log', async () => {
    const editor = await Editor.start('http://127.0.0.1:9', {}, ['--log-file', join(cwd, 'wire.log')]);
    await expect(editor.open('relative')).rejects.toThrow('cwd is no folder');
    await editor.close();
    const log = (await read('wire.log')).trim().split('\n');
    const entries = log.map((line) => JSON.parse(line) as { from: string; message: { method?: string } });
    expect(entries.map(({ from, message }) => `${from} ${message.method ?? 'answer'}`)).toEqual([
      'editor initialize',
      'agent answer',
      'editor session/new',
      'agent answer',
    ]);
  });

  it('goes on where the editor has closed its standard error', async () => {
    const child = Editor.spawn({ AGENT_RUNTIME_URL: url }, ['--log-file', cwd]); // which it cannot write, and says
    child.stderr!.destroy();
    const answered = once(child.stdout!, 'data');
    child.stdin!.write(`${JSON.stringify(INITIALIZE)}\n`);
    expect(String(await answered)).toContain('"agentCapabilities"');
    child.stdin!.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says why it leaves an editor that sends a message of more than 32 MB', async () => {
    const child = Editor.spawn({ AGENT_RUNTIME_URL: url });
    child.stdin!.on('error', () => undefined); // it reads no further
    child.stdin!.write('x'.repeat(33 << 20));
    let errors = '';
    child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors).toContain('exceeds');
  });

  it('keeps the token from the commands that it runs', async () => {
    model.script(runs('env > seen'), DONE);
    const editor = await Editor.start(url, {}, [], { AGENT_RUNTIME_TOKEN: 'secret-of-the-user' });
    const sessionId = await editor.open(cwd);
    await editor.prompt(sessionId, 'Run');
    expect(await read('seen')).toContain('PATH=');
    expect(await read('seen')).not.toContain('secret-of-the-user');
    await editor.close();
  });
});
