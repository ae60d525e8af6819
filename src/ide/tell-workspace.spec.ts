import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentRuntime, type SetWorkspace } from '#client';
import { tellWorkspace } from './tell-workspace.ts';

let outside: string;
let folder: string;
let told: SetWorkspace[];
let notes: string[];

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'tell-workspace-'));
  folder = join(outside, 'project');
  await mkdir(folder);
  [told, notes] = [[], []];
});
afterEach(() => rm(outside, { recursive: true, force: true }));

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** @param refusals the codes with which the server refuses, one after the other */
async function tell(...refusals: string[]): Promise<SetWorkspace> {
  return tellOf([], ...refusals);
}

/** @param further other folders of the workspace */
async function tellOf(further: readonly string[], ...refusals: string[]): Promise<SetWorkspace> {
  const answer = (_url: unknown, { body }: RequestInit = {}) => {
    told.push(JSON.parse(body as string) as SetWorkspace);
    const code = refusals.shift();
    const [status, type] = code === undefined ? [200, 'json'] : [409, 'problem+json'];
    return Promise.resolve(
      Response.json(
        { code, detail: 'refused' },
        { status, headers: { 'content-type': `application/${type}` } },
      ),
    );
  };
  const runtime = new AgentRuntime({ url: 'http://server', fetch: answer });
  await tellWorkspace(runtime, 's1', { folder, further, note: (text) => notes.push(text) });
  return told.at(-1)!;
}

const paths = ({ instructions }: SetWorkspace) => instructions!.map(({ path }) => path);

describe('what the server is told of a folder', () => {
  it('is where it is, on which system, and that Git knows nothing of it', async () => {
    expect(await tell()).toMatchObject({
      name: 'project',
      roots: [{ name: 'project', path: expect.stringMatching(/\/project$/) }],
      shell: '/bin/sh',
      git: null,
      instructions: [],
    });
    expect(basename((await tell()).roots[0]!.path)).toBe('project');
  });

  it('is the branch and the commit', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        encoding: 'utf8',
      });
    git('init', '-q', '-b', 'trunk');
    expect((await tell()).git).toBeNull();
    git('commit', '-q', '--allow-empty', '-m', 'One');
    const commit = git('rev-parse', 'HEAD').trim();
    expect((await tell()).git).toEqual({ branch: 'trunk', commit });
    git('checkout', '-q', '--detach');
    expect((await tell()).git).toEqual({ branch: null, commit });
  });

  it('are the instructions of all its folders but hidden and installed ones, outer ones first', async () => {
    for (const path of ['web/ui/AGENTS.md', 'AGENTS.md', 'CLAUDE.md', 'api/CLAUDE.md', 'web/AGENTS.md'])
      await put(path, path);
    for (const path of ['.git/AGENTS.md', 'node_modules/a/AGENTS.md', 'web/README.md']) await put(path, 'no');
    expect(paths(await tell())).toEqual(['AGENTS.md', 'api/CLAUDE.md', 'web/AGENTS.md', 'web/ui/AGENTS.md']);
  });

  it('are hashes, and the contents where the server has not got them', async () => {
    await put('AGENTS.md', 'Häuser');
    const { instructions } = await tell('blob.missing');
    expect(told[0]!.instructions).toEqual([
      { path: 'AGENTS.md', hash: '140519912f05d9ff0b17ac8273c7441eb364e4fe685717348921215aa6c513df' },
    ]);
    expect(instructions).toEqual([{ path: 'AGENTS.md', content: 'Häuser' }]);
  });

  it('are those of several folders, each once, by paths that begin with their names', async () => {
    for (const path of ['AGENTS.md', 'web/AGENTS.md', 'web/ui/AGENTS.md']) await put(path, path);
    const [lib, old] = [join(outside, 'lib/project'), join(outside, 'project-old')];
    for (const each of [lib, old]) await mkdir(each, { recursive: true });
    await writeFile(join(lib, 'CLAUDE.md'), 'of the library');
    await symlink(join(lib, 'CLAUDE.md'), join(old, 'AGENTS.md'));
    const workspace = await tellOf([lib, folder, join(folder, 'web'), old]);
    expect(workspace.name).toBe('project');
    expect(workspace.roots.map(({ name }) => name)).toEqual(['project', 'project-2', 'web', 'project-old']);
    expect(workspace.roots[1]!.path).toMatch(/\/lib\/project$/);
    expect(paths(workspace)).toEqual([
      ...['project/AGENTS.md', 'project-2/CLAUDE.md', 'web/AGENTS.md', 'web/ui/AGENTS.md'],
    ]);
  });

  it('are those of several folders whatever these are called, and not of hidden ones in them', async () => {
    const [hidden, installed] = [join(outside, '.dotfiles'), join(outside, 'node_modules')];
    for (const each of [hidden, installed]) {
      await mkdir(join(each, '.cache'), { recursive: true });
      for (const inner of ['', '.cache']) await writeFile(join(each, inner, 'AGENTS.md'), each);
    }
    await put('AGENTS.md', 'of the project');
    expect(paths(await tellOf([hidden, installed]))).toEqual([
      ...['project/AGENTS.md', '.dotfiles/AGENTS.md', 'node_modules/AGENTS.md'],
    ]);
  });

  it('leaves out what leads elsewhere, is too long, or is no text', async () => {
    await writeFile(join(outside, 'secret.md'), 'secret');
    await symlink(join(outside, 'secret.md'), join(folder, 'AGENTS.md'));
    await put('a/AGENTS.md', 'x'.repeat(65_537));
    await put('b/AGENTS.md', new Uint8Array([0xff, 0xfe, 0]));
    await put('c/AGENTS.md', 'x'.repeat(65_536));
    await symlink(join(folder, 'nowhere'), join(folder, 'c/CLAUDE.md'));
    expect(paths(await tell())).toEqual(['c/AGENTS.md']);
    expect(notes).toEqual([expect.stringContaining('a/AGENTS.md'), expect.stringContaining('b/AGENTS.md')]);
  });

  it('is no more than the server takes', async () => {
    for (let n = 10; n < 35; n++) await put(`m${n}/AGENTS.md`, 'x');
    expect(paths(await tell())).toHaveLength(20);
    for (let n = 10; n < 15; n++) await put(`m${n}/AGENTS.md`, 'x'.repeat(60_000));
    expect(paths(await tell())).toEqual(['m10', 'm11', 'm12', 'm13'].map((each) => `${each}/AGENTS.md`));
    expect(notes).toEqual([expect.stringContaining('m14/AGENTS.md')]);
  });

  it('is noted where it is refused, and nothing fails', async () => {
    await tell('session.archived');
    expect(notes).toEqual([expect.stringContaining('session.archived')]);
    await rm(folder, { recursive: true });
    await tell();
    expect(notes[1]).toContain('ENOENT');
  });
});
