import { describe, expect, it } from 'vitest';
import { builtInAgents } from '../../../../test/support/built-in-agents.js';
import { mayWrite } from '../domain/agent.js';
import { AgentNotFound } from '../domain/agent.errors.js';

const READING = ['read_file', 'list_files', 'glob', 'search_in_code', 'read_result'];
const ALL = [
  'read_file',
  'write_file',
  'list_files',
  'create_directory',
  'execute_command',
  'search_in_code',
  'read_result',
  ...['edit_file', 'move_file', 'delete_file', 'glob', 'get_diagnostics', 'update_todos'],
];

const agents = await builtInAgents();

describe('the built-in agents', () => {
  it.each([
    ['orchestrator', [...READING, 'switch_agent']],
    [
      'architect',
      [
        ...READING,
        'write_file',
        'edit_file',
        'attempt_completion',
        'ask_followup_question',
        'create_plan',
        'switch_agent',
      ],
    ],
    ['coder', [...ALL, 'attempt_completion', 'ask_followup_question', 'switch_agent', 'client:*']],
    [
      'debug',
      [
        ...[...READING, 'get_diagnostics', 'execute_command'],
        ...['attempt_completion', 'ask_followup_question', 'switch_agent', 'client:*'],
      ],
    ],
    ['ask', [...READING, 'ask_followup_question', 'switch_agent']],
    ['universal', [...ALL, 'attempt_completion', 'ask_followup_question', 'client:*']],
    ['synopsis_manager', []],
  ])('%s may use what the domain says', (id, tools) => {
    expect([...agents.get(id).tools].toSorted()).toEqual(tools.toSorted());
  });

  it('write documents only, where they plan', () => {
    const paths = ['README.md', 'docs/a.MD', '.github/a.md', 'src/a.ts', 'a.md.ts'];
    expect(paths.map((path) => mayWrite(agents.get('architect'), path))).toEqual([
      ...[true, true, true, false, false],
    ]);
    expect(mayWrite(agents.get('coder'), 'src/a.ts')).toBe(true);
  });

  it('are found by id; a background agent is never the current agent of a session', async () => {
    expect(agents.conversational('ask').id).toBe('ask');
    expect(() => agents.conversational('synopsis_manager')).toThrow(AgentNotFound);
    expect(() => agents.get('unknown')).toThrow(/there are architect, ask, coder/);
    expect(agents.defaultAgent().id).toBe('orchestrator');
    expect((await builtInAgents({ MULTI_AGENT_MODE: 'false' })).defaultAgent().id).toBe('universal');
  });

  it('have different purposes: a task is classified among some, and plans name some', () => {
    expect(agents.classified().map(({ id }) => id)).toEqual(['architect', 'ask', 'coder', 'debug']);
    expect(agents.forSubtasks().map(({ id }) => id)).toEqual(['ask', 'coder', 'debug']);
  });
});

describe('the folder of agents', () => {
  it('must be there', async () => {
    await expect(builtInAgents({ AGENTS_DIR: '/nowhere' })).rejects.toThrow(/AGENTS_DIR must name a folder/);
  });
});
