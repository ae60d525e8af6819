import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NOT_ATOMIC, finish, propose, reads, writes } from '../support/scenes.js';
import { cwd, model, read, serve, url } from './support/served.js';

serve();

/** What passes between acpx and the bridge in a turn that reads a file; titles and usage come when they come. */
const WIRE = [
  ...['initialize', 'answer', 'session/resume', 'answer', 'available_commands_update', 'session/prompt'],
  ...['tool_call pending', 'tool_call_update pending', 'tool_call_update in_progress'],
  ...['fs/read_text_file', 'answer', 'tool_call_update completed', 'agent_message_chunk', 'answer'],
];

interface Line {
  readonly method?: string;
  readonly params?: { readonly update?: { readonly sessionUpdate: string; readonly status?: string } };
}

/** The kinds of messages, without those that come in no order to the others; pieces of a text count as one. */
const kindsIn = (lines: string): string[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => {
      const { method, params } = JSON.parse(line) as Line;
      const { sessionUpdate, status = '' } = params?.update ?? {};
      return sessionUpdate ? `${sessionUpdate} ${status}`.trim() : (method ?? 'answer');
    })
    .filter((kind) => kind !== 'session_info_update' && kind !== 'usage_update')
    .filter((kind, index, all) => kind !== 'agent_message_chunk' || all[index - 1] !== kind);

describe('acpx', () => {
  const acpx = (...args: string[]) =>
    new Promise<{ code: unknown; out: string }>((done) => {
      const agent = `${process.execPath} ${resolve('dist/src/acp-cli.js')}`;
      execFile(
        process.execPath,
        [resolve('node_modules/.bin/acpx'), '--agent', agent, '--cwd', cwd, ...args],
        { env: { ...process.env, HOME: cwd, AGENT_RUNTIME_URL: url } },
        (error, stdout, stderr) => done({ code: error ? error.code : 0, out: stdout + stderr }),
      );
    });

  it('has a plan carried out, with its files on disk', async () => {
    model.reset(NOT_ATOMIC);
    model.script(propose(), writes(), finish('Written.'), finish('Checked.'));
    const { code, out } = await acpx('--approve-all', 'exec', 'Build a greeting tool');
    expect(code, out).toBe(0);
    expect(await read('greet.js')).toBe('hello');
    expect(out).toContain('Checked.');
  });

  it('keeps a session over its processes: new, mode, prompt, list', async () => {
    model.script(reads(), { text: 'It is empty.' });
    await writeFile(join(cwd, 'a.txt'), '');
    const opened = await acpx('sessions', 'new');
    expect(opened.code, opened.out).toBe(0);
    const [sessionId] = opened.out.split('\n');
    expect(await acpx('set-mode', 'coder')).toMatchObject({ code: 0, out: 'mode set: coder\n' });
    const { code, out } = await acpx('--format', 'json', '--json-strict', '--ttl', '1', 'prompt', 'Read it');
    expect(code, out).toBe(0);
    expect(kindsIn(out)).toEqual(WIRE);
    expect((await acpx('sessions', 'list')).out).toContain(`${sessionId}\tRead it\t${cwd}`);
  });

  it('refuses to write where only reads are approved', async () => {
    model.script(writes(), finish('Done.'));
    const { code, out } = await acpx(
      '--approve-reads',
      '--non-interactive-permissions',
      'deny',
      'exec',
      'Write',
    );
    expect(code, out).toBe(5);
    await expect(read('greet.js')).rejects.toThrow('ENOENT');
  });
});
