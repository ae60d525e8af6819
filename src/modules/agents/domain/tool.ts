import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { ToolEffect } from '../../../shared/domain/tool-effect.js';
import { CLIENT_TOOL } from '../../../shared/domain/tool-source.js';

/** What clients execute that do not say what they execute. */
export const FIRST_TOOLS = [
  'read_file',
  'write_file',
  'list_files',
  'create_directory',
  'execute_command',
  'search_in_code',
] as const;

/** Tools that the client executes. */
export const IDE_TOOLS = [
  ...FIRST_TOOLS,
  'edit_file',
  'glob',
  'get_diagnostics',
  'delete_file',
  'move_file',
] as const;

/** Tools that the runtime executes itself. */
export const VIRTUAL_TOOLS = [
  'read_result',
  'update_todos',
  'attempt_completion',
  'ask_followup_question',
  'create_plan',
  'switch_agent',
] as const;

export type IdeTool = (typeof IDE_TOOLS)[number];
export type VirtualTool = (typeof VIRTUAL_TOOLS)[number];
export type BuiltInTool = IdeTool | VirtualTool;
/** Of a built-in tool, or of one that a client declares. */
export type ToolName = string;

const EFFECTS: Readonly<Record<BuiltInTool, ToolEffect>> = {
  read_file: 'read',
  write_file: 'write',
  list_files: 'read',
  create_directory: 'write',
  execute_command: 'execute',
  search_in_code: 'read',
  edit_file: 'write',
  glob: 'read',
  get_diagnostics: 'read',
  delete_file: 'write',
  move_file: 'write',
  read_result: 'read',
  update_todos: 'read',
  attempt_completion: 'read',
  ask_followup_question: 'read',
  create_plan: 'read',
  switch_agent: 'read',
};

/** What a built-in tool may do to the workspace: approval policy and agents go by it. */
export const effectOf = (name: BuiltInTool): ToolEffect => EFFECTS[name];

export const isBuiltInTool = (name: ToolName): name is BuiltInTool =>
  ([...IDE_TOOLS, ...VIRTUAL_TOOLS] as string[]).includes(name);

/** The name of a tool in rules and permissions; no client declares a tool that has the name of a built-in one. */
export const ruleNameOf = (name: ToolName): string => (isBuiltInTool(name) ? name : CLIENT_TOOL + name);

/** Whether a name is that of a built-in tool, or looks like it to people and models. */
export const isReservedToolName = (name: string): boolean =>
  isBuiltInTool(name.toLowerCase().replaceAll('-', '_'));

/** Whether it changes the file or folder that `path` names. */
export const isWritingTool = (name: ToolName): boolean => isBuiltInTool(name) && effectOf(name) === 'write';

export const isIdeTool = (name: ToolName): name is IdeTool => (IDE_TOOLS as readonly string[]).includes(name);

/** The files or folders that the arguments of a tool name; those of the writing tools are what it changes. */
export const pathsIn = ({ path, to }: JsonObject): string[] =>
  [path, to].filter((each) => typeof each === 'string');

/** Tools that replace the text of a file, or take it away: the file must be as the model was shown it. */
const CHANGES_FILE: readonly string[] = ['write_file', 'edit_file', 'delete_file', 'move_file'];

export const changesFile = (name: string): boolean => CHANGES_FILE.includes(name);

/** A tool as it is described to a model. */
export interface ToolDescription {
  readonly name: ToolName;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
}

export type ParsedArguments =
  | { readonly ok: true; readonly arguments: JsonObject }
  | { readonly ok: false; readonly faults: readonly FieldFault[] };

/** `first`: with the options that tools had in the first release. */
export type ToolEdition = 'first' | 'current';

/** The tools of the runtime and the schemas of their arguments. */
export abstract class BuiltInTools {
  /** @param edition what the client knows of the options; unset = all of them */
  abstract describe(names: readonly BuiltInTool[], edition?: ToolEdition): ToolDescription[];
  /** Arguments that the tool takes, with all its options. */
  abstract example(name: BuiltInTool, edition?: ToolEdition): JsonObject;
  /**
   * Reads arguments as the tool's schema means them, then checks them: an option that is null or empty is absent, a
   * number in quotes is a number. Unknown keys are dropped.
   */
  abstract parse(name: BuiltInTool, args: unknown, edition?: ToolEdition): ParsedArguments;
}
