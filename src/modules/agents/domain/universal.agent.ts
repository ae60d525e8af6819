import { Agent, ANY_PATH, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'universal',
  version: '1.0.0',
  description: 'Answers everything, where the installation has one agent only (MULTI_AGENT_MODE=false).',
  prompt: `You help a developer in an IDE with all tasks: explaining, finding faults, writing and changing code.
Use the tools to read before you change, and to check after. Paths are relative to the workspace.
Ask with ask_followup_question when a decision is the developer's to take. End a task with attempt_completion.`,
  tools: [
    'read_file',
    'write_file',
    'list_files',
    'create_directory',
    'execute_command',
    'search_in_code',
    'read_result',
    'attempt_completion',
    'ask_followup_question',
  ],
  writePattern: ANY_PATH,
  limits: DEFAULT_LIMITS,
  mode: 'conversation',
  takesSubtasks: false,
};
