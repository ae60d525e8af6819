import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileAnswer, type Tool } from '#client';
import { rootNames } from './root-names.ts';
import { Roots } from './roots.ts';
import { WorkspaceTools } from './workspace-tools.ts';

/** Has `shop`, in it `shop/packages/api`, another `api`, `shop-old` whose path begins as that of `shop`, and `café`. */
let top: string;
let roots: Roots;
const at = (path: string) => join(top, path);

beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'roots-')));
  for (const path of ['shop', 'shop/packages/api', 'shop-old', 'more/api', 'caf\u00e9', 'elsewhere']) {
    await mkdir(at(path), { recursive: true });
    await writeFile(at(`${path}/a.txt`), `in ${path}`);
  }
  await symlink(at('more/api'), at('link'));
  await symlink(at('elsewhere'), at('shop/out'));
  await symlink(at('more/api'), at('shop/other'));
  await symlink(at('shop/packages'), at('shop/inside'));
  roots = await Roots.of(at('shop'), [
    ...[at('shop'), at('link'), at('more/api'), at('shop/packages/api')],
    ...[at('shop-old'), at('caf\u00e9')],
  ]);
});
afterEach(() => rm(top, { recursive: true, force: true }));

it('count once, and have a name each', () => {
  expect(roots.all.map(({ name, real }) => [name, real])).toEqual([
    ['shop', at('shop')],
    ['api', at('more/api')],
    ['api-2', at('shop/packages/api')],
    ['shop-old', at('shop-old')],
    ['caf\u00e9', at('caf\u00e9')],
  ]);
});

it('are none where one is not there', async () => {
  await expect(Roots.of(at('shop'), [at('missing')])).rejects.toThrow('ENOENT');
});

describe('names', () => {
  it.each([
    [
      ['/a/shop', '/b/SHOP', '/c/shop', '/d/shop-2'],
      ['shop', 'SHOP-2', 'shop-3', 'shop-2-2'],
    ],
    [
      ['/a/e\u0301', '/a/\u00e9'],
      ['\u00e9', '\u00e9-2'],
    ],
    [
      ['/', '/...', '/a/.github', '/a/b. '],
      ['folder', 'folder-2', '.github', 'b'],
    ],
    [
      ['/a/x:y', '/a/[id]', '/a/GIT~1', '/a/a\\b'],
      ['x-y', '-id-', 'GIT-1', 'a-b'],
    ],
    [
      ['/a/nul', '/a/aux.c', '/a/a\u200bb'],
      ['_nul', '_aux.c', 'a-b'],
    ],
    [['/a/.x:y'], ['.x:y']],
    [['/'], ['/']],
  ])('of %j are %j', (folders, names) => {
    expect(rootNames(folders)).toEqual(names);
  });
});

describe('paths of tools', () => {
  it.each([
    ['shop/a.txt', 'shop/a.txt'],
    ['shop', 'shop'],
    ['.', 'shop'],
    ['api/new/b.txt', 'more/api/new/b.txt'],
    ['api-2/a.txt', 'shop/packages/api/a.txt'],
    ['shop/packages/api/a.txt', 'shop/packages/api/a.txt'],
    ['shop/inside/api/a.txt', 'shop/packages/api/a.txt'],
    ['cafe\u0301/a.txt', 'caf\u00e9/a.txt'],
  ])('%s is at %s', async (path, place) => {
    expect(await roots.locate(path)).toBe(at(place));
  });

  it.each([
    ['shop/../shop-old/a.txt', 'leads out'],
    ['shop/../../etc', 'leads out'],
    ['shop//etc/passwd', 'leads out'],
    ['shop/out/a.txt', 'leads out'],
    ['shop/out/new.txt', 'leads out'],
    ['shop/other/a.txt', 'leads out'],
    ['a.txt', 'name of a folder of the workspace: shop, api, api-2, shop-old, caf\u00e9'],
    ['Shop/a.txt', 'name of a folder'],
    ['../shop/a.txt', 'name of a folder'],
    ['/etc/passwd', 'name of a folder'],
  ])('%s is refused: %s', async (path, reason) => {
    await expect((async () => roots.locate(path))()).rejects.toThrow(reason);
  });
});

describe('files', () => {
  it.each([
    ['shop/a.txt', 'shop/a.txt'],
    ['shop', 'shop'],
    ['shop/packages/b.txt', 'shop/packages/b.txt'],
    ['shop/packages/api/a.txt', 'api-2/a.txt'],
    ['link/a.txt', 'api/a.txt'],
    ['more/api/a.txt', 'api/a.txt'],
    ['shop-old/a.txt', 'shop-old/a.txt'],
    ['shop-older/a.txt', undefined],
    ['elsewhere/a.txt', undefined],
  ])('%s is known as %s', (file, path) => {
    expect(roots.pathOf(at(file))).toBe(path);
  });

  it('are shown where the user has opened them', () => {
    expect(roots.absolute('api/a.txt')).toBe(at('link/a.txt'));
    expect(roots.absolute('said/before.txt')).toBe(at('shop/said/before.txt'));
  });
});

describe('with one folder', () => {
  beforeEach(async () => (roots = await Roots.of(at('link'), [at('more/api')])));

  it('paths are relative to it', async () => {
    expect(roots.all).toEqual([{ name: 'api', path: at('link'), real: at('more/api') }]);
    expect(await roots.locate('api/a.txt')).toBe(at('more/api/api/a.txt'));
    expect(roots.absolute('a.txt')).toBe(at('link/a.txt'));
    expect(roots.pathOf(at('link/a.txt'))).toBe('a.txt');
    expect(roots.pathOf(at('link'))).toBeUndefined();
  });
});

describe('tools', () => {
  const call = { call_id: 'c1', tool_name: '', arguments: {}, agent: 'coder', deadline_at: null };

  async function execute(name: string, args: object): Promise<unknown> {
    const { signal } = new AbortController();
    const tools = new WorkspaceTools(roots, signal).byName as Record<string, Tool<object>>;
    const answer = await tools[name]!(args, { call, signal, show: () => undefined });
    return answer instanceof FileAnswer ? answer.result : answer;
  }

  it.each<[string, object, string]>([
    ['list_files', { path: '.' }, 'shop/\napi/\napi-2/\nshop-old/\ncaf\u00e9/'],
    [
      'list_files',
      { path: 'shop', recursive: true },
      'shop/a.txt\nshop/inside\nshop/other\nshop/out\nshop/packages/',
    ],
    ['list_files', { path: 'shop/packages' }, ''],
    ['glob', { pattern: '**/a.txt' }, 'shop/a.txt\napi/a.txt\napi-2/a.txt\nshop-old/a.txt\ncaf\u00e9/a.txt'],
    ['glob', { path: 'api-2', pattern: '*.txt' }, 'api-2/a.txt'],
    ['search_in_code', { query: 'packages' }, 'api-2/a.txt:1: in shop/packages/api'],
    ['search_in_code', { query: 'in', path: 'shop-old' }, 'shop-old/a.txt:1: in shop-old'],
    ['execute_command', { command: 'cat a.txt' }, 'in shop'],
    ['execute_command', { command: 'cat a.txt', cwd: 'api' }, 'in more/api'],
  ])('%s %j', async (name, args, answer) => {
    const found = await execute(name, args);
    expect(typeof found === 'string' ? found : (found as { stdout: string }).stdout).toBe(answer);
  });

  it('move files between folders, and make and remove them', async () => {
    await execute('move_file', { path: 'shop/a.txt', to: 'api/sub/moved.txt' });
    expect(await readFile(at('more/api/sub/moved.txt'), 'utf8')).toBe('in shop');
    await execute('create_directory', { path: 'shop-old/new' });
    await execute('write_file', { path: 'shop-old/new/b.txt', content: 'b' });
    await execute('delete_file', { path: 'shop-old/new/b.txt' });
    expect(await execute('list_files', { path: 'shop-old/new' })).toBe('');
  });

  it('name no place of this machine in their errors', async () => {
    const missing = execute('execute_command', { command: 'true', cwd: 'shop-old/missing' });
    await expect(missing).rejects.toThrow("access 'shop-old/missing'");
  });
});
