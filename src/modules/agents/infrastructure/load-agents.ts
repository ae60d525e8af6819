import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Config } from '../../../config/config.js';
import { AgentRegistry } from '../application/agent-registry.js';
import { Agent } from '../domain/agent.js';

const FOLDER = join(import.meta.dirname, '../domain');

/** Loads every `*.agent` file of the domain folder, so that a new agent needs a new file only. */
export async function loadAgents(): Promise<Agent[]> {
  const files = (await readdir(FOLDER)).filter((name) => /\.agent\.(js|ts)$/.test(name)).toSorted();
  return Promise.all(
    files.map(async (name) => {
      const module = (await import(pathToFileURL(join(FOLDER, name)).href)) as { agent?: Agent };
      if (!module.agent) throw new Error(`${name} does not export an agent`);
      return module.agent;
    }),
  );
}

/** The agents of this installation. */
export const openAgents = async ({ multiAgentMode }: Config): Promise<AgentRegistry> =>
  new AgentRegistry(await loadAgents(), multiAgentMode);
