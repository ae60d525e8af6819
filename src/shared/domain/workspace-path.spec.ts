import { describe, expect, it } from 'vitest';
import { pathFault, plainPath } from './workspace-path.js';

describe('a path', () => {
  it.each([
    ...[
      '.',
      'a.txt',
      'src/a b.ts',
      'src\\a.ts',
      './a',
      'a//b/',
      '.env',
      '.git/config',
      'a..b/c',
      '..a',
      'a...b',
    ],
    ...[
      'app/[id].tsx',
      'app/[...slug]/page.tsx',
      'app/(group)/page.tsx',
      'app/@modal/(..)photo/page.tsx',
      '$id.tsx',
    ],
    ...[
      'foo~bar',
      'foo.ts~',
      'src/~about.tsx',
      'longer-name~1',
      '{{cookiecutter.slug}}/a',
      'a,b;c=d',
      '-rf',
      '100%.md',
    ],
    ...[
      'юникод.md',
      '日本語/見出し.md',
      'e\u0301t\u00e9.md',
      '👩‍💻 notes/❤️.md',
      '1️⃣.md',
      'Screenshot\u202f1.png',
      'می\u200cخواهم.txt',
      'ක්\u200dර.md',
      'क्\u200dष/क्\u200cष.md',
    ],
    ...[
      'console.ts',
      'common.c',
      'auxiliary/x',
      'nulls.rs',
      'com.example',
      'COM10',
      'lpt',
      'x.con',
      'null',
      'con-x',
    ],
  ])('is accepted: %s', (path) => {
    expect(pathFault(path)).toBeUndefined();
  });

  const OUT = 'must not contain ..';
  const ABSOLUTE = 'must be relative to the workspace';
  const COLON = 'must not contain a colon';
  const END = /begins or ends with white space, or ends with a dot/;
  const DEVICE = /name of a device/;
  const SHORT = /short name/;
  const HOME = /begin with ~/;
  const UNSEEN = /control or invisible/;

  it.each([
    ...['..', '../x', 'a/../../x', 'a\\..\\x', '.. /x', '..\\', 'a/..../x', ' ..', '. .', 'a/ /b'].map(
      (path) => [path, OUT],
    ),
    ...['/etc/passwd', '\\x', '\\\\host\\share', '//host/share', '\\\\?\\C:\\x'].map((path) => [
      path,
      ABSOLUTE,
    ]),
    ...['C:\\x', 'c:x', 'x.md:evil.ts', 'x.ts::$DATA', '.git::$INDEX_ALLOCATION/config', 'file:x'].map(
      (path) => [path, COLON],
    ),
    ...['x.ts.', 'x.ts ', 'x.ts .md ', '.git./config', '.git /config', 'a.\\b', ' x', ' .git/config'].map(
      (path) => [path, END],
    ),
    ...['x\u00a0', '\u3000x', 'x.\u2003/y'].map((path) => [path, END]),
    ...['CON', 'nul', 'src/aux.ts', 'NUL.md', 'com1', 'LPT9.txt', 'a/prn/b', 'COM¹', 'con .md', 'CONIN$'].map(
      (path) => [path, DEVICE],
    ),
    ...['GIT~1', 'git~1/config', 'src/PROGRA~1', 'ENV~1', 'EVIL~1.TS', 'readme~2.md', 'GI7EBA~1', 'x~1'].map(
      (path) => [path, SHORT],
    ),
    ...['~', '~/x', '~root/x', './~/x', '~about.tsx'].map((path) => [path, HOME]),
    ...['a\0b', 'a\nb', 'a\x1bb', 'a\x7fb', 'a\x85b', 'a\u2028b', 'a\ud800b'].map((path) => [path, UNSEEN]),
    ...['a\u200bb', '.g\u200cit', 'a\u200db', '\ufeffa', 'a\u00adb', 'a\u2060b', 'a\ufe0f', 'a\u3164b'].map(
      (path) => [path, UNSEEN],
    ),
    ...[
      'م\u200c.txt',
      '\u200cم',
      'م\u200c\u200cم',
      'م\u200ca',
      'и\u200cи',
      'α\u200dα',
      '1\u200c2',
      'م\u200bم',
    ].map((path) => [path, UNSEEN]),
    ...['a\u202eb', 'a\u2066b', 'a\u200fb', 'a\u061cb', 'a\u{e0041}b'].map((path) => [path, UNSEEN]),
  ] as [string, string | RegExp][])('is refused: %j', (path, reason) => {
    expect(pathFault(path)).toMatch(reason);
  });

  it.each([
    ['.', '.'],
    ['./', '.'],
    ['a.md', 'a.md'],
    ['./src//a.ts', 'src/a.ts'],
    ['src\\.\\a.ts', 'src/a.ts'],
    ['src/', 'src'],
  ])('%s has the plain form %s', (path, plain) => {
    expect(plainPath(path)).toBe(plain);
  });
});
