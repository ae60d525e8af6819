import { describe, expect, it } from 'vitest';
import { matcherOf } from './glob.ts';

describe('a glob', () => {
  it.each([
    ['*.ts', ['a.ts', 'src/b.ts'], ['a.tsx', 'ats']],
    ['src/**/*.ts', ['src/a.ts', 'src/b/c.ts'], ['a.ts', 'lib/src/a.ts']],
    ['src/*', ['src/a.ts', 'src/b/'], ['src/b/c.ts']],
    ['**', ['a', 'b/c'], []],
    ['a?.(b)', ['ab.(b)', 'x/ac.(b)'], ['a.(b)', 'a/.(b)']],
  ])('%s', (pattern, fitting, others) => {
    const fits = matcherOf(pattern);
    expect(fitting.filter((path) => !fits(path))).toEqual([]);
    expect(others.filter((path) => fits(path))).toEqual([]);
  });
});
