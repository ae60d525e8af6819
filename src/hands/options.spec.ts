import { describe, expect, it } from 'vitest';
import { checkOptions, type Typed } from './options.ts';

const TYPED: Typed = { workspace: '.', session: [], policy: 'ask', json: false };

describe('the options of hands', () => {
  it.each<[Partial<Typed>, boolean, RegExp]>([
    [{ policy: 'all' }, true, /--policy must be one of ask, accept-edits, read-only, yes/],
    [{ policy: '__proto__' }, true, /--policy must be one of/],
    [{ workspace: 'nowhere' }, true, /--workspace: nowhere is no folder/],
    [{ workspace: 'package.json' }, true, /--workspace: package.json is no folder/],
    [{ task: ' ' }, true, /--task/],
    [{ task: 'x', session: ['a', 'b'] }, true, /one --session/],
    [{ session: ['a'], agent: 'coder' }, true, /--agent and --model/],
    [{ session: ['a'], model: 'm' }, true, /--agent and --model/],
    [{ session: ['a'], policy: 'read-only' }, true, /--policy read-only/],
    [{ session: ['a'], policy: 'accept-edits' }, true, /--policy accept-edits/],
    [{ task: 'x' }, false, /at a terminal only/],
    [{ task: 'x', json: true }, true, /at a terminal only/],
    [{ task: '-' }, true, /at a terminal only/],
  ])('%j are refused (at a terminal: %j)', (typed, isTerminal, reason) => {
    expect(() => checkOptions({ ...TYPED, ...typed }, isTerminal)).toThrow(reason);
  });

  it.each<[Partial<Typed>, boolean]>([
    [{ task: 'x' }, true],
    [{ task: '-', policy: 'yes' }, false],
    [{ task: 'x', policy: 'read-only', agent: 'coder', model: 'm' }, false],
    [{ session: ['a', 'b'] }, false],
    [{ task: 'x', session: ['a'], policy: 'yes' }, false],
  ])('%j are taken (at a terminal: %j)', (typed, isTerminal) => {
    expect(checkOptions({ ...TYPED, ...typed }, isTerminal)).toMatchObject(typed);
  });
});
