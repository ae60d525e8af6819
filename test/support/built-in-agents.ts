import { readConfig } from '../../src/config/read-config.js';
import { AgentRegistry, readAgents } from '../../src/modules/agents/index.js';

/** The agents that come with the server. */
export const builtInAgents = (env: Record<string, string> = {}): Promise<AgentRegistry> =>
  readAgents(readConfig(env));
