import { describe, expect, it } from 'vitest';
import { builtInAgents } from '../../../../../test/support/built-in-agents.js';
import { Agent } from '../../../agents/index.js';
import { readClassification } from './classification-prompt.js';

const BUILT_IN = (await builtInAgents()).classified();
const [coder] = BUILT_IN.filter(({ id }) => id === 'coder') as [Agent];
const reviewer: Agent = { ...coder, id: 'reviewer', tools: ['read_file'] };
const planner: Agent = { ...coder, id: 'planner', tools: ['create_plan'] };

const read = (agent: unknown, isAtomic: unknown = true, candidates = [...BUILT_IN, reviewer, planner]) => {
  const said = { is_atomic: isAtomic, agent, confidence: 'high', reason: 'so' };
  const classified = readClassification(JSON.stringify(said), candidates);
  return classified && [classified.agent.id, classified.result.isAtomic];
};

describe('what the classification says', () => {
  it.each<[string, boolean, [string, boolean]]>([
    ['reviewer', true, ['reviewer', true]],
    ['ask', true, ['ask', true]],
    ['architect', true, ['architect', false]],
    ['reviewer', false, ['architect', false]],
    ['planner', false, ['planner', false]],
    ['planner', true, ['planner', true]],
    // Kinds of tasks, as a model may name them that is not held to the list.
    ['code', true, ['coder', true]],
    ['explain', true, ['ask', true]],
    ['plan', true, ['architect', false]],
  ])('%s, atomic: %s', (agent, isAtomic, expected) => {
    expect(read(agent, isAtomic)).toEqual(expected);
  });

  it('needs an agent that is among those asked about', () => {
    for (const agent of ['orchestrator', 'gone', 'toString', 7, null]) expect(read(agent)).toBeUndefined();
    expect(read('ask', 'yes')).toBeUndefined();
  });

  it('is one step where no agent plans', () => {
    expect(read('reviewer', false, [reviewer])).toEqual(['reviewer', true]);
  });
});
