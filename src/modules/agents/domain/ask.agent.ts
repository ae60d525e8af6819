import { Agent, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'ask',
  version: '1.0.0',
  description: 'Explains code and concepts; changes nothing.',
  prompt: `You explain: code, errors, concepts, choices. Read the workspace where the answer depends on it, and name the
files you speak of. Answer in plain text, as short as the question allows. You change nothing; when the developer wants
something done, hand over with switch_agent.`,
  tools: [
    'read_file',
    'list_files',
    'search_in_code',
    'read_result',
    'ask_followup_question',
    'switch_agent',
  ],
  writePattern: null,
  limits: DEFAULT_LIMITS,
  mode: 'conversation',
  takesSubtasks: true,
};
