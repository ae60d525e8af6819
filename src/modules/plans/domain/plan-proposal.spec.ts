import { describe, expect, it } from 'vitest';
import { faultsOf } from './plan-proposal.js';

const AGENTS = ['coder', 'debug', 'ask'];

const subtasks = (...dependencies: number[][]) =>
  dependencies.map((on) => ({
    title: 't',
    description: 'd',
    agent: 'coder',
    estimatedMinutes: null,
    dependencies: on,
  }));

describe('a proposal', () => {
  it('is sound when every subtask builds on earlier ones only', () => {
    expect(faultsOf(subtasks([], [0], [0, 1], []), AGENTS)).toEqual([]);
  });

  it.each([
    ['an unknown dependency', subtasks([], [7]), 'subtasks.1.dependencies', /no subtask 7/],
    ['a dependency on itself', subtasks([0]), 'subtasks.0.dependencies', /itself/],
    ['a dependency on a later one', subtasks([1], []), 'subtasks.0.dependencies', /comes later/],
    ['a cycle of two', subtasks([1], [0]), 'subtasks.0.dependencies', /cycle/],
    ['a cycle of three', subtasks([2], [0], [1]), 'subtasks.0.dependencies', /cycle/],
  ])('with %s is told so', (_what, given, field, message) => {
    const [fault, ...more] = faultsOf(given, AGENTS);
    expect(fault).toEqual({ field, message: expect.stringMatching(message) });
    expect(more).toEqual([]);
  });

  it('gives work only to agents that take it', () => {
    const given = subtasks([], []).map((subtask, index) => ({
      ...subtask,
      agent: ['architect', 'nobody'][index]!,
    }));
    expect(faultsOf(given, AGENTS).map(({ field, message }) => [field, message])).toEqual([
      ['subtasks.0.agent', 'must be one of coder, debug, ask'],
      ['subtasks.1.agent', 'must be one of coder, debug, ask'],
    ]);
  });
});
