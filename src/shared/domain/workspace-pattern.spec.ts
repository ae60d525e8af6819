import * as fc from 'fast-check';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patternFault } from './workspace-pattern.js';

const OUT = 'must not contain ..';
const COLLATION = /within brackets$/;
const RANGE = /^must not contain .. in braces/;
const UNBALANCED = /^must close each brace/;
const ABSOLUTE = 'must be relative to the workspace';

/** What random patterns are made of. */
const TOKENS = '. .. / ../ \\ \\a { } , [ [\\a [. .] [= =] ] ! @( +( ?( ( | ) * ? a - {-../}'.split(' ');

/** What Node.js finds; nothing where it cannot make a regular expression of the pattern. */
const globIn = (folder: string, pattern: string): string[] => {
  try {
    return globSync(pattern, { cwd: folder });
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};

describe('a pattern', () => {
  it.each([
    ...[
      '*',
      '**',
      '*.ts',
      '**/*.{ts,tsx}',
      '{src,test}/**/*.spec.ts',
      '{src/**,test/**}/*.ts',
      'src\\**\\*.ts',
    ],
    ...[
      '.*',
      '.env*',
      '.env{,.local}',
      '.[!.]*',
      '{.github,.vscode}/**',
      '{.,src}/*.json',
      'src/.*',
      '.??*',
      'a.*/**',
      '??.md',
    ],
    ...[
      'a..b',
      'v{1..3}.txt',
      'v{-1..10..2}{a..e}{A..Z}',
      '[0-9][0-9]/*.md',
      '[a-z]*',
      '[[:alpha:]]*.c',
      '[!_]*.py',
      '[.]env',
      '\\[id\\]'.slice(1),
    ],
    ...[
      'app/[id]/page.tsx',
      'app/[...slug]/[[...rest]].tsx',
      '[a=]/[.].md',
      'app/\\[id\\].tsx',
      '(group)/page.tsx',
      '(..)photo/*',
    ],
    ...[
      '!(node_modules)/**',
      '*.!(ts)',
      '*.?(c)ts',
      '*.+(js|ts)',
      '@(a|b)/**',
      '{{cookiecutter.slug}}/**',
      '{a,{b,c}}',
    ],
    ...[
      'docs/a b.md',
      'юникод*.md',
      'foo~*',
      '$id.tsx',
      'x]',
      '[',
      'a,b',
      '*.*.*',
      '..x*',
      '{a,b}'.repeat(6),
    ],
  ])('is accepted: %s', (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
  });

  it.each([
    ['..', OUT],
    ['src/../../*', OUT],
    ['src\\..\\..\\*', OUT],
    ['**/../*', OUT],
    ['.../*', OUT],
    ['.. /*', OUT],
    ['{..,x}/*', OUT],
    ['.{.,x}/*', OUT],
    ['{.,x}./*', OUT],
    ['{.,x}{.,y}/*', OUT],
    ['{x,{y,..}}/*', OUT],
    ['src/{../..,x}/*', OUT],
    ['{x,y/../..}/*', OUT],
    ['{..}/*', RANGE],
    ['{..\\,x}/*', RANGE],
    ['{-../}{-../}/*', RANGE],
    ['.{-../}/*', RANGE],
    ['.{-\\.\\./}/*', RANGE],
    ['{-..{/,x}}{-../}/*', RANGE],
    ['.{[-]../}/*', RANGE],
    ['.{-../..1}/*', RANGE],
    ['{Z..a}etc/*', RANGE],
    ['{1..a}/*', RANGE],
    ['{[{],..}/*', UNBALANCED],
    ['{.[,.]}/*', OUT],
    ['[{..,x}]/../*', OUT],
    ['[]/{..,x}/*', OUT],
    ['[.][.]/*', OUT],
    ['.[.]/*', OUT],
    ['[.]./*', OUT],
    ['[.-.][+-9]/*', OUT],
    ['[x.][x.]/*', OUT],
    ['[[:punct:]][[:punct:]]/*', OUT],
    ['[!a][^b]/*', OUT],
    ['[].]./*', OUT],
    ['[\\].]./*', OUT],
    ['[.\\]./*', OUT],
    ['[.\\][.]/*', OUT],
    ['.[[=.=]]/*', COLLATION],
    ['.[[...]]/*', COLLATION],
    ['.[[.period.]]/*', COLLATION],
    ['.[![.a.]]/*', COLLATION],
    ['.[[:digit:][.period.]]/*', COLLATION],
    ['.[[.].][.period.]]/*', COLLATION],
    ['.[\\[.period.\\]]/*', OUT],
    ['.[[{.,x}period.]]/*', COLLATION],
    ['.?', OUT],
    ['.?/*', OUT],
    ['src/.?*', OUT],
    ['.*/*', OUT],
    ['src/.*/', OUT],
    ['src\\.*\\x', OUT],
    ['**/.*/**', OUT],
    ['.*?*/x', OUT],
    ['{.*,x}/*', OUT],
    ['.*{/x,y}', OUT],
    ['[.]?/*', OUT],
    ['.\\*/*', OUT],
    ['\\.\\./*', OUT],
    ['x/\\.\\./\\.\\./*', OUT],
    ['x/.\\./.\\./*', OUT],
    ['@(..)/*', OUT],
    ['@(x|..)/*', OUT],
    ['(..|x)/*', OUT],
    ['x|../*', 'must not contain | outside of parentheses'],
    ['..*', OUT],
    ['..*/x', OUT],
    ['{.,x}.**/x', OUT],
    ['+(.)/*', OUT],
    ['*(.)x/../*', OUT],
    ['x/*(.)/*', OUT],
    ['.@(.)/*', OUT],
    ['?(x)../*', OUT],
    ['.?(.)/*', OUT],
    ['.!(x)/*', OUT],
    ['@(x|@(y|..))/*', OUT],
    ['@([)]|..)/*', OUT],
    ['/etc/*', ABSOLUTE],
    ['\\\\host\\share\\*', ABSOLUTE],
    ['{/etc,x}/*', ABSOLUTE],
    ['{,x}/etc/*', ABSOLUTE],
    ['{,/}etc/*', ABSOLUTE],
    ['?(x)/etc/*', ABSOLUTE],
    ['C:\\*', 'must not contain a colon'],
    ['{C:,x}/*', 'must not contain a colon'],
    ['[C][:]/*', 'must not contain a colon'],
    ['~/*', /^must not begin with ~/],
    ['{~,x}/*', /^must not begin with ~/],
    ['{~root,x}/*', /^must not begin with ~/],
    ['a\0*', /invisible/],
    ['a\u202e*', /invisible/],
    ['[\u202e]*', /invisible/],
    ['{x,../*', UNBALANCED],
    ['{x,..\\}/*', UNBALANCED],
    ['x}/*', UNBALANCED],
    ['{.},}/*', UNBALANCED],
    ['!(x/../../*', UNBALANCED],
    ['a)', UNBALANCED],
    ['{.(,}./*', UNBALANCED],
    ['{a,b}'.repeat(7), 'must not stand for more than 100 patterns'],
    ['+(a|b)'.repeat(4), 'must not stand for more than 100 patterns'],
    [`${'{a,b}'.repeat(4)}${'@(a|b)'.repeat(3)}`, 'must not stand for more than 100 patterns'],
    ['{a,b}'.repeat(190), 'must not stand for more than 100 patterns'],
  ])('is refused: %j', (pattern, reason) => {
    expect(patternFault(pattern)).toMatch(reason);
  });

  describe('that is written to slow the server', () => {
    /** Stops an expression that never ends, too, which no timeout of a test does. */
    const judged = (pattern: string) =>
      runInNewContext('judge()', { judge: () => patternFault(pattern) ?? 'accepted' }, { timeout: 10_000 });

    const texts = [
      ...TOKENS,
      '[[:a',
      '[[:a:]',
      '[[.a',
      '{a..',
      '{a,b}',
      '+(+(',
      '.*?',
      '~1',
      'a ',
      '👩\u200d',
    ];
    /** What may precede or follow the text: many readings, alternatives and repetitions of it. */
    const surroundings = [
      ['', ''],
      ['[', ''],
      ['', ']'],
      ['{a,b}'.repeat(6), ''],
      ['+('.repeat(6), ')'.repeat(6)],
    ];

    it.each(texts)('is judged at once: %j', (text) => {
      for (const [before, after] of surroundings) {
        const length = 500 - before!.length - after!.length;
        const pattern = `${before}${text.repeat(length).slice(0, length)}${after}`;
        expect(judged(pattern)).toEqual(expect.any(String));
      }
    });

    it('takes time in proportion to its length', () => {
      expect(judged('{a,b}'.repeat(6) + '[a'.repeat(2_000))).toBe('accepted');
    });
  });

  describe('that is accepted, whatever it is made of,', () => {
    let outside: string;
    let workspace: string;

    beforeAll(async () => {
      outside = await realpath(await mkdtemp(join(tmpdir(), 'workspace-pattern-')));
      workspace = join(outside, 'a');
      await mkdir(join(workspace, 'a'), { recursive: true });
      await writeFile(join(outside, 'b'), '');
    });
    afterAll(() => rm(outside, { recursive: true, force: true }));

    const token = fc.constantFrom(...TOKENS);
    const patterns = fc.array(token, { minLength: 1, maxLength: 9 }).map((tokens) => tokens.join(''));

    it('finds nothing outside of the workspace', () => {
      let judged = 0;
      const property = fc.property(patterns, (pattern) => {
        fc.pre(patternFault(pattern) === undefined);
        judged++;
        const found = globIn(workspace, pattern).map((path) => resolve(workspace, path));
        expect(found.filter((path) => !`${path}${sep}`.startsWith(`${workspace}${sep}`))).toEqual([]);
      });
      fc.assert(property, { seed: 1, numRuns: 1500, maxSkipsPerRun: 1000 });
      expect(judged).toBeGreaterThan(1000);
    });
  });
});
