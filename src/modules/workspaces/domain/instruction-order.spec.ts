import { describe, expect, it } from 'vitest';
import { folderOf, inOrder, isBeneath } from './instruction-order.js';

describe('the folder that an instruction is about', () => {
  it.each([
    ['AGENTS.md', ''],
    ['web/AGENTS.md', 'web'],
    ['web/app/CLAUDE.md', 'web/app'],
    ['.github/copilot-instructions.md', ''],
    ['.cursor/rules/style.md', ''],
    ['web/.cursor/rules/style.md', 'web'],
  ])('of %s is "%s"', (path, folder) => {
    expect(folderOf(path)).toBe(folder);
  });

  it.each([
    ['.dotfiles/AGENTS.md', '.dotfiles'],
    ['.dotfiles/.github/copilot-instructions.md', '.dotfiles'],
    ['shop/.cursor/rules/style.md', 'shop'],
  ])('of %s is "%s" where paths begin with a root', (path, folder) => {
    expect(folderOf(path, true)).toBe(folder);
  });
});

it('puts instructions in order: outer folders first, and AGENTS.md first in its folder', () => {
  const paths = [
    'CLAUDE.md',
    'web-old/AGENTS.md',
    'web/app/AGENTS.md',
    'web/CLAUDE.md',
    'web/agents.md',
    '.github/copilot-instructions.md',
    'AGENTS.md',
  ];
  const sorted = [
    'AGENTS.md',
    '.github/copilot-instructions.md',
    'CLAUDE.md',
    'web/agents.md',
    'web/CLAUDE.md',
    'web/app/AGENTS.md',
    'web-old/AGENTS.md',
  ];
  expect(inOrder(paths.map((path) => ({ path }))).map(({ path }) => path)).toEqual(sorted);
});

describe('a path', () => {
  it.each([
    ['web', 'web'],
    ['web/a.ts', 'web'],
    ['Web/app/a.ts', 'web'],
  ])('%s is beneath %s', (path, folder) => {
    expect(isBeneath(path, folder)).toBe(true);
  });

  it.each([
    ['webs/a.ts', 'web'],
    ['.', 'web'],
    ['lib/web/a.ts', 'web'],
  ])('%s is not beneath %s', (path, folder) => {
    expect(isBeneath(path, folder)).toBe(false);
  });
});
