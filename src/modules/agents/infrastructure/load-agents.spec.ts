import { describe, expect, it } from 'vitest';
import { AgentRegistry } from '../application/agent-registry.js';
import { AgentNotFound } from '../domain/agent.js';
import { loadAgents } from './load-agents.js';

describe('the agents', () => {
  it('may use and write what the domain says', async () => {
    const agents = await loadAgents();
    const reading = ['read_file', 'list_files', 'search_in_code'];
    const all = [
      'read_file',
      'write_file',
      'list_files',
      'create_directory',
      'execute_command',
      'search_in_code',
      'read_result',
    ];
    const table = Object.fromEntries(
      agents.map(({ id, tools, writePattern }) => [id, { tools, writePattern }]),
    );
    expect(table).toMatchObject({
      orchestrator: { tools: [...reading, 'read_result', 'switch_agent'], writePattern: null },
      coder: { tools: [...all, 'attempt_completion', 'ask_followup_question', 'switch_agent'] },
      debug: {
        tools: [
          ...[...reading, 'execute_command', 'read_result'],
          ...['attempt_completion', 'ask_followup_question', 'switch_agent'],
        ],
        writePattern: null,
      },
      ask: {
        tools: [...reading, 'read_result', 'ask_followup_question', 'switch_agent'],
        writePattern: null,
      },
      universal: { tools: [...all, 'attempt_completion', 'ask_followup_question'] },
      synopsis_manager: { tools: [] },
    });
    expect(
      ['README.md', 'docs/a.MD', 'src/a.ts', 'a.md.ts'].map((path) =>
        table['architect']!.writePattern!.test(path),
      ),
    ).toEqual([true, true, false, false]);
    for (const agent of agents) expect(agent.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('are found by id; a background agent is never the current agent of a session', async () => {
    const registry = new AgentRegistry(await loadAgents(), true);
    expect(registry.conversational('ask').id).toBe('ask');
    expect(() => registry.conversational('synopsis_manager')).toThrow(AgentNotFound);
    expect(() => registry.get('unknown')).toThrow(/there are architect, ask, coder/);
    expect(registry.defaultAgent().id).toBe('orchestrator');
    expect(new AgentRegistry(await loadAgents(), false).defaultAgent().id).toBe('universal');
  });

  it('are refused where two have one id, or a required one is missing', async () => {
    const agents = await loadAgents();
    expect(() => new AgentRegistry([...agents, agents[0]!], true)).toThrow(/same id/);
    expect(
      () =>
        new AgentRegistry(
          agents.filter((agent) => agent.id !== 'universal'),
          true,
        ),
    ).toThrow(AgentNotFound);
  });
});
