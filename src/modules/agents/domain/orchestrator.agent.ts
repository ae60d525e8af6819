import { Agent, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'orchestrator',
  version: '1.0.0',
  description: 'Reads what the user wants and hands it to the agent that can do it.',
  prompt: `You receive the tasks of a developer who works in an IDE, and decide who carries them out.
You never design and never edit. Look into the workspace only where the task cannot be understood without it.
Hand over with switch_agent: coder writes and changes code, architect designs and plans what takes several steps,
debug finds the cause of faults, ask explains.`,
  tools: ['read_file', 'list_files', 'search_in_code', 'read_result', 'switch_agent'],
  writePattern: null,
  limits: DEFAULT_LIMITS,
  mode: 'conversation',
  takesSubtasks: false,
};
