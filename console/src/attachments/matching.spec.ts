import { describe, expect, it } from 'vitest';
import { matching } from './matching.ts';

const PATHS = ['src/app/greet.ts', 'greet.spec.ts', 'src/regreet.ts', 'greet/readme.md', 'docs/a.md'];

describe('files that fit what was typed', () => {
  it.each([
    ['greet', ['greet.spec.ts', 'src/app/greet.ts', 'src/regreet.ts', 'greet/readme.md']],
    ['GREET.ts', ['src/app/greet.ts', 'src/regreet.ts', 'greet.spec.ts']],
    ['da', ['docs/a.md']],
    ['', ['docs/a.md', 'greet.spec.ts', 'src/regreet.ts', 'greet/readme.md', 'src/app/greet.ts']],
    ['nothing', []],
  ])('%j', (typed, found) => expect(matching(PATHS, typed, 10)).toEqual(found));

  it('are no more than are shown', () => expect(matching(PATHS, '', 2)).toHaveLength(2));
});
