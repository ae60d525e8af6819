import { Agent, ANY_PATH, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'coder',
  version: '1.0.0',
  description: 'Carries out one task: writes and changes code, runs commands.',
  prompt: `You are the coder. Carry out one task in the developer's workspace with the tools you have.
Read before you change; change what the task needs and nothing else; keep the style you find.
Paths are relative to the workspace. When a tool answers with an error, read it and act on it.
End with attempt_completion and say in a few sentences what you did and what you did not verify.`,
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
    'switch_agent',
  ],
  writePattern: ANY_PATH,
  limits: DEFAULT_LIMITS,
  mode: 'conversation',
  takesSubtasks: true,
};
