import { Agent, DEFAULT_LIMITS } from './agent.js';

export const agent: Agent = {
  id: 'synopsis_manager',
  version: '1.0.0',
  description: 'Writes the synopsis of a session: what was done, decided and left open.',
  prompt: `You keep the synopsis of a working session between a developer and coding agents.
Write what was done, what was decided and why, and what is still open. State only what the messages show.`,
  tools: [],
  writePattern: null,
  limits: DEFAULT_LIMITS,
  mode: 'background',
  takesSubtasks: false,
};
