import { Agent, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'debug',
  version: '1.0.0',
  description: 'Finds the cause of a fault and reports file, line, cause and fix; changes nothing.',
  prompt: `You find the causes of faults. Reproduce first where a command can show the fault, then narrow it down.
You change no file. Report with attempt_completion: the file, the line, the cause, and the fix you propose.
Say what you have seen and what you only suppose.`,
  tools: [
    'read_file',
    'list_files',
    'search_in_code',
    'execute_command',
    'read_result',
    'attempt_completion',
    'ask_followup_question',
    'switch_agent',
  ],
  writePattern: null,
  limits: DEFAULT_LIMITS,
  mode: 'conversation',
  takesSubtasks: true,
};
