import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileAnswer, type Tool } from '#client';
import { hashOf } from '#client/edit';
import type { ToolOutcome } from './screen.ts';
import { WorkspaceTools } from './workspace-tools.ts';

let outside: string;
let root: string;
let tools: WorkspaceTools;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'workspace-tools-'));
  root = join(outside, 'workspace');
  await mkdir(join(root, 'src'), { recursive: true });
  await writeFile(join(root, 'src/a.txt'), 'one\nTwo\nthree');
  await writeFile(join(outside, 'secret.txt'), 'secret');
  await symlink(outside, join(root, 'out'));
  await symlink(join(outside, 'missing.txt'), join(root, 'dangling.txt'));
  tools = await WorkspaceTools.in(root, new AbortController().signal);
});

afterEach(() => rm(outside, { recursive: true, force: true }));

/** What the server is answered. */
async function execute(name: string, args: object, expected?: string | null): Promise<ToolOutcome> {
  const call = {
    ...{ call_id: 'c1', tool_name: name, arguments: {}, agent: 'coder', deadline_at: null },
    ...(expected !== undefined && { expected_hash: expected }),
  };
  const tool = (tools.byName as Record<string, Tool<object>>)[name]!;
  try {
    const answer = await tool(args, { call, signal: new AbortController().signal, show: () => undefined });
    return { result: answer instanceof FileAnswer ? answer.result : answer };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

describe('the tools of the demo', () => {
  it.each(['../secret.txt', 'src/../../secret.txt', 'out/secret.txt', '/etc/hostname'])(
    'refuse to read %s, which is outside of the workspace',
    async (path) => {
      const outcome = await execute('read_file', { path });
      expect(outcome).toEqual({ error: `${path} leads out of the workspace` });
    },
  );

  it.each(['../new.txt', 'out/new.txt', 'dangling.txt'])('refuse to write %s', async (path) => {
    const outcome = await execute('write_file', { path, content: 'x', create_dirs: true });
    expect(outcome).toHaveProperty('error');
    await expect(readFile(join(outside, 'new.txt'))).rejects.toThrow('ENOENT');
    await expect(readFile(join(outside, 'missing.txt'))).rejects.toThrow('ENOENT');
  });

  it('list and search the workspace without following links out of it', async () => {
    const listing = await execute('list_files', { path: '.', recursive: true });
    expect(listing).toEqual({ result: 'dangling.txt\nout\nsrc/\nsrc/a.txt' });
    const search = await execute('search_in_code', { query: 'TWO' });
    expect(search).toEqual({ result: 'src/a.txt:2: Two' });
    expect(await execute('search_in_code', { query: 'secret' })).toEqual({
      result: 'Nothing matches secret',
    });
  });

  it.each([
    '{..,x}/*',
    '[.][.]/*',
    '@(..)/*',
    '../*',
    '..*',
    '.*/*',
    '!(x)/*',
    '/**',
    `{${tmpdir()},x}/**`,
    '**',
  ])('look for %s inside of the workspace only', async (pattern) => {
    const args = { path: '.', recursive: true, include_hidden: true, pattern };
    expect(await execute('list_files', args)).toEqual({
      result: expect.not.stringMatching(/secret|\.\./),
    });
    expect(await execute('search_in_code', { query: 'secret', file_pattern: pattern })).toEqual({
      result: 'Nothing matches secret',
    });
  });

  it.each(['~', '~root', '%2e%2e', '$HOME', '{..,x}', '[.][.]', '*'])(
    'take the name %s literally',
    async (name) => {
      await execute('write_file', { path: `${name}/new.txt`, content: 'x', create_dirs: true });
      expect(await readFile(join(root, name, 'new.txt'), 'utf8')).toBe('x');
    },
  );

  it('find files by a glob, from a folder on', async () => {
    expect(await execute('glob', { pattern: '**/*.txt' })).toEqual({ result: 'dangling.txt\nsrc/a.txt' });
    expect(await execute('glob', { pattern: '*.txt', path: 'src' })).toEqual({ result: 'src/a.txt' });
    expect(await execute('glob', { pattern: '*.ts' })).toEqual({ result: 'Nothing matches *.ts' });
  });

  it('show the lines around those that fit, or only the files', async () => {
    expect(await execute('search_in_code', { query: 'Two', context_lines: 1 })).toEqual({
      result: 'src/a.txt:1- one\nsrc/a.txt:2: Two\nsrc/a.txt:3- three',
    });
    expect(await execute('search_in_code', { query: 'e', output: 'files' })).toEqual({ result: 'src/a.txt' });
  });

  it.each<[string, object]>([
    ['write_file', { content: 'x' }],
    ['edit_file', { edits: [{ old_text: 'one', new_text: 'x' }] }],
    ['delete_file', {}],
    ['move_file', { to: 'b.txt' }],
  ])('%s changes no file that is not as it was shown', async (name, more) => {
    const args = { path: 'src/a.txt', ...more };
    for (const expected of [null, '0'.repeat(64)]) {
      expect(await execute(name, args, expected)).toHaveProperty('error');
    }
    expect(await readFile(join(root, 'src/a.txt'), 'utf8')).toBe('one\nTwo\nthree');
    const outcome = await execute(name, args, await hashOf('one\nTwo\nthree'));
    expect(outcome).toHaveProperty('result');
  });

  it('move no file onto another', async () => {
    await writeFile(join(root, 'b.txt'), 'b');
    expect(await execute('move_file', { path: 'src/a.txt', to: 'b.txt' })).toMatchObject({
      error: expect.stringContaining('is there already') as string,
    });
    expect(await readFile(join(root, 'b.txt'), 'utf8')).toBe('b');
  });

  it('write a file and read lines of it', async () => {
    await execute('write_file', { path: 'b/c.txt', content: '1\n2\n3', create_dirs: true });
    const outcome = await execute('read_file', { path: 'b/c.txt', start_line: 2, end_line: 3 });
    expect(outcome).toEqual({ result: '2\n3' });
  });

  it('cut what is too long for an answer, and say so', async () => {
    await writeFile(join(root, 'long.txt'), 'x'.repeat(2_200_000));
    const outcome = await execute('read_file', { path: 'long.txt' });
    expect(outcome).toEqual({
      result: `${'x'.repeat(100_000)}\n\n(cut: 100000 of 2200000 characters)`,
    });
  });

  it('answer how a command ended', async () => {
    const outcome = await execute('execute_command', { command: 'echo hi; exit 3', cwd: 'src' });
    expect(outcome).toEqual({ result: { exit_code: 3, stdout: 'hi\n', stderr: '' } });
  });

  it('end a command and what it started when its time is up', async () => {
    const outcome = await execute('execute_command', {
      command: 'sleep 60 & sleep 60',
      timeout_seconds: 1,
    });
    expect(outcome).toMatchObject({ result: { exit_code: null, timed_out: true } });
  });
});
