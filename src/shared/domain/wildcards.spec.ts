import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../../../test/support/cpu-time.js';
import { matchesGlob } from './wildcards.js';

describe('a glob', () => {
  it.each([
    ['**/*.md', ['a.md', 'docs/a.md', '.github/a.md', 'a/b/c.md'], ['a.ts', 'a.md/b.ts', 'a.md.ts', 'A.MD']],
    ['docs/**', ['docs/a', 'docs/a/b.md', 'docs/.x'], ['doc/a', 'a/docs/b', 'Docs/a']],
    ['src/*.ts', ['src/a.ts'], ['src/a/b.ts', 'src/a.tsx', 'a.ts']],
    ['src/**/test/?.ts', ['src/test/a.ts', 'src/a/b/test/c.ts'], ['src/test/ab.ts', 'test/a.ts']],
    ['**', ['a', 'a/b', '.env'], []],
    ['*', ['a', '.env'], ['a/b']],
    ['a/**/b/**/c', ['a/b/c', 'a/x/b/b/y/c'], ['a/b', 'a/c', 'a/b/c/d']],
  ])('%s fits what it says', (glob, fitting, others) => {
    expect(fitting.filter((path) => !matchesGlob(glob, path))).toEqual([]);
    expect(others.filter((path) => matchesGlob(glob, path))).toEqual([]);
  });

  it('is not held up by paths and patterns without end', () => {
    const match = () => expect(matchesGlob(`${'**/a*a*/'.repeat(60)}x`, 'aa/'.repeat(1300))).toBe(false);
    expect(cpuMsOf(match)).toBeLessThan(2000);
  });
});
