import { readFile } from 'node:fs/promises';
import { Config, ConfigInvalid } from '../../../config/config.js';
import { parseJsonFile } from '../../../shared/infrastructure/parse-json-file.js';
import { AgentRegistry, BuiltInTools, isBuiltInTool } from '../../agents/index.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { AgentNeeds } from './models-file-faults.js';
import { ModelsFile, readModelsFile } from './models-file.js';

/**
 * Reads the file of models that the settings name.
 * @returns undefined if they name none
 * @throws ConfigInvalid that names all faults
 */
export async function loadModels(
  { modelsFile: path, variable }: Config,
  agents: AgentRegistry,
  tools: BuiltInTools,
): Promise<ModelsFile | undefined> {
  if (path === undefined) return undefined;
  const read = readModelsFile(parseJsonFile(path, await readText(path)), variable, needsOf(agents, tools));
  if ('faults' in read) throw new ConfigInvalid(read.faults.map((fault) => `${path}: ${fault}`));
  return read.file;
}

const needsOf = (agents: AgentRegistry, tools: BuiltInTools): AgentNeeds[] =>
  agents.all().map((agent) => ({
    id: agent.id,
    model: agent.model,
    tokens:
      estimatedTokens(agent.prompt) +
      estimatedTokens(JSON.stringify(tools.describe(agent.tools.filter(isBuiltInTool)))),
  }));

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigInvalid([`MODELS_FILE must name a file that can be read (${code})`]);
  }
}
