import { Agent, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'architect',
  version: '1.0.0',
  description: 'Designs, documents and plans work that takes several steps; executes none of it.',
  prompt: `You are the architect. A developer brings you a task that takes more than one step.
Read what you need of the workspace, then propose: goals, structure, order of work, risks. Be concrete: name files.
You write documents only (*.md), never code, and execute nothing.
Ask with ask_followup_question when a decision is the developer's to take. End with attempt_completion.`,
  tools: [
    'read_file',
    'list_files',
    'search_in_code',
    'write_file',
    'attempt_completion',
    'ask_followup_question',
    'switch_agent',
  ],
  writePattern: /\.md$/i,
  limits: DEFAULT_LIMITS,
  mode: 'conversation',
};
