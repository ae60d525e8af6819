import { Agent } from './agent.js';
import { FIRST_TOOLS, IdeTool, ToolEdition, ToolName, isIdeTool } from './tool.js';

/** What the client of a session executes, as it has said itself. */
export interface ClientTools {
  /** Names of tools; null = it has said nothing, and executes the tools of the first release. */
  readonly builtinTools: readonly string[] | null;
  /** Whether it checks the hash of a file before it writes, and tells hashes with its results. */
  readonly fileHashes: boolean;
}

/** An agent in a session: with the tools that can be used there. */
export interface EquippedAgent extends Agent {
  readonly client: ClientTools;
}

/** Whether calls of the tool can be executed in a session; the runtime executes its own everywhere. */
export const isExecutable = ({ builtinTools, fileHashes }: ClientTools, tool: ToolName): boolean =>
  !isIdeTool(tool) ||
  ((builtinTools ?? FIRST_TOOLS).includes(tool) && (fileHashes || !NEEDS_HASHES.includes(tool)));

/** The options that the client knows. */
export const editionOf = ({ builtinTools }: ClientTools): ToolEdition =>
  builtinTools === null ? 'first' : 'current';

export const equip = (agent: Agent, client: ClientTools): EquippedAgent => ({
  ...agent,
  tools: agent.tools.filter((tool) => isExecutable(client, tool)),
  client,
});

/** Tools that could overwrite what a person has typed meanwhile. */
const NEEDS_HASHES: readonly IdeTool[] = ['edit_file'];
