import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Config, ConfigInvalid } from '../../../config/config.js';
import { AgentFile, AgentFiles } from '../application/agent-files.js';
import { AgentFormat } from '../application/agent-format.js';
import { AgentRegistry } from '../application/agent-registry.js';
import { isConversational } from '../domain/agent.js';
import { ORCHESTRATOR, SINGLE_AGENT } from '../domain/agent-roster.js';
import { handOverFaults } from '../domain/hand-overs.js';
import { MarkdownAgentFormat } from './markdown-agent-format.js';

/** Those that come with the server: in the root of a checkout, and in `dist` of a build. */
export const BUILT_IN_AGENTS = join(import.meta.dirname, '../../../../agents');

/** The agents that sessions begin with, by MULTI_AGENT_MODE. */
const DEFAULTS: readonly string[] = [ORCHESTRATOR, SINGLE_AGENT];

const EXTENSION = '.md';

/**
 * Reads the agents of this installation, by id: those that come with the server, and those of the folder that the settings
 * name. A file of that folder takes the place of a built-in one with the same name.
 * @throws ConfigInvalid that names all faults
 */
export async function readAgentFiles(
  { agentsDir }: Pick<Config, 'agentsDir'>,
  format: AgentFormat,
): Promise<AgentFiles> {
  const paths = new Map(await filesIn(BUILT_IN_AGENTS));
  for (const [id, path] of agentsDir === undefined ? [] : await filesIn(agentsDir)) paths.set(id, path);
  const faults: string[] = [];
  const files: AgentFile[] = [];
  for (const [id, path] of [...paths].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const definition = await readText(path);
    const read = format.read(id, definition);
    if (read.ok) files.push({ agent: read.agent, definition });
    else faults.push(...read.faults.map(({ field, message }) => `${path}: ${field}: ${message}`));
  }
  const agents = files.map(({ agent }) => agent);
  // Named where every file can be read: else an agent may only seem to be missing.
  for (const agent of faults.length > 0 ? [] : agents) {
    const wrong = handOverFaults(agent, agents);
    faults.push(...wrong.map(({ field, message }) => `${paths.get(agent.id)}: ${field}: ${message}`));
    if (DEFAULTS.includes(agent.id) && !isConversational(agent)) {
      faults.push(
        `${paths.get(agent.id)}: mode: must be primary or all, since sessions begin with this agent`,
      );
    }
  }
  if (faults.length > 0) throw new ConfigInvalid(faults);
  return { all: files };
}

/** The agents of this installation for a process without a database: without the numbers of their versions. */
export async function readAgents(config: Config): Promise<AgentRegistry> {
  const { all } = await readAgentFiles(config, new MarkdownAgentFormat());
  return new AgentRegistry(all, config.multiAgentMode);
}

async function filesIn(folder: string): Promise<[id: string, path: string][]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION));
    return names.map((name) => [name.slice(0, -EXTENSION.length), join(folder, name)]);
  } catch (error) {
    const what = folder === BUILT_IN_AGENTS ? `${folder}: must be a` : 'AGENTS_DIR must name a';
    throw new ConfigInvalid([`${what} folder that can be read (${codeOf(error)})`]);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    throw new ConfigInvalid([`${path}: is no file of UTF-8 text that can be read (${codeOf(error)})`]);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';
