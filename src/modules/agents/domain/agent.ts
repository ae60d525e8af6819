import { JsonObject } from '../../../shared/domain/json.js';
import { RUNTIME } from '../../../shared/domain/user-id.js';
import { CLIENT_TOOL, isClientTool } from '../../../shared/domain/tool-source.js';
import { matches, matchesGlob } from '../../../shared/domain/wildcards.js';
import { ToolName, isWritingTool, pathsIn } from './tool.js';

/** The owner of the agents that all users share. */
export const INSTALLATION = RUNTIME;

/**
 * `primary`: talks with users. `subagent`: carries out subtasks of plans. `all`: both. `background`: runs as a job only, as
 * the others also may.
 */
export const AGENT_MODES = ['primary', 'subagent', 'background', 'all'] as const;

export type AgentMode = (typeof AGENT_MODES)[number];

/** What the file of an agent says: its purpose, prompt and permissions. */
export interface AgentDefinition {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** One sentence, for users and for the classification. */
  readonly description: string;
  /** The system prompt. */
  readonly prompt: string;
  /** Names of built-in tools, and globs of tools of clients behind `client:`. */
  readonly tools: readonly ToolName[];
  /** Globs of tools of clients that it may not call all the same, behind `client:`. */
  readonly disallowedTools?: readonly string[];
  /** Globs of the paths that the writing tools may name; unset = any path. */
  readonly writePaths?: readonly string[];
  /** The id of the model that answers for it, where the user chose none; unset = the default. */
  readonly model?: string;
  /** How much that model is to reason, where the user says nothing; unset = its provider decides. */
  readonly reasoningEffort?: string;
  /** Not sent to models that reason; unset = the provider decides. */
  readonly temperature?: number;
  readonly limits: {
    /** The most characters of the session that a synopsis reads at once. */
    readonly historyCharacters: number;
  };
  readonly mode: AgentMode;
  /** The only agents that it may hand over to; unset = all that talk with users. */
  readonly handOverTo?: readonly string[];
  /** Whether a plan may assign subtasks to it. */
  readonly takesSubtasks: boolean;
  /** The most model calls of a run in which it may ask for another; unset = the limit of all runs. */
  readonly maxModelCalls?: number;
}

export const DEFAULT_LIMITS = { historyCharacters: 400_000 } as const;

/** A named role, in one of its versions. */
export interface Agent extends AgentDefinition {
  /** A user, or INSTALLATION. */
  readonly owner: string;
  /** Counts from 1. */
  readonly version: number;
}

/**
 * Some words mean something else where an agent is named: `custom` is what metrics call the agents of users, `auto` is no
 * choice, and `runtime` is who decided where neither a user nor an agent did.
 */
const ID = /^(?!(?:auto|custom|runtime)$)[a-z0-9][a-z0-9_-]{0,63}$/;

export const isAgentId = (id: string): boolean => ID.test(id);

/** Whether an agent may call a tool that a client declares. */
export const mayCallClientTool = (
  { tools, disallowedTools = [] }: AgentDefinition,
  name: ToolName,
): boolean => {
  const fits = (globs: readonly string[]) =>
    globs.some((glob) => isClientTool(glob) && matches(glob, CLIENT_TOOL + name));
  return fits(tools) && !fits(disallowedTools);
};

/** Whether an agent may use a writing tool on a path that the tool catalogue has accepted. */
export const mayWrite = ({ writePaths }: AgentDefinition, path: string): boolean =>
  writePaths === undefined || writePaths.some((glob) => matchesGlob(glob, path));

/** A path of a call that the agent may not write. @param args as the tool catalogue has accepted them */
export const forbiddenPath = (
  agent: AgentDefinition,
  tool: ToolName,
  args: JsonObject,
): string | undefined =>
  isWritingTool(tool) ? pathsIn(args).find((path) => !mayWrite(agent, path)) : undefined;

/** Whether it can be the current agent of a session. */
export const isConversational = ({ mode }: AgentDefinition): boolean => mode === 'primary' || mode === 'all';

/** What the approval policy calls an agent, so that no rule for an agent of the installation fits one of a user. */
export const policyNameOf = ({ owner, id }: Agent): string => (owner === INSTALLATION ? id : `user:${id}`);
