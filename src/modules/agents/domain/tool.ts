import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

/** Tools that the client executes. */
export const IDE_TOOLS = [
  'read_file',
  'write_file',
  'list_files',
  'create_directory',
  'execute_command',
  'search_in_code',
] as const;

/** Tools that the runtime executes itself. */
export const VIRTUAL_TOOLS = [
  'read_result',
  'attempt_completion',
  'ask_followup_question',
  'create_plan',
  'switch_agent',
] as const;

export type IdeTool = (typeof IDE_TOOLS)[number];
export type VirtualTool = (typeof VIRTUAL_TOOLS)[number];
export type ToolName = IdeTool | VirtualTool;

/** Those that change the file or folder that `path` names. */
export const WRITING_TOOLS: readonly ToolName[] = ['write_file', 'create_directory'];

export const isToolName = (name: string): name is ToolName =>
  ([...IDE_TOOLS, ...VIRTUAL_TOOLS] as string[]).includes(name);

export const isIdeTool = (name: ToolName): name is IdeTool => (IDE_TOOLS as readonly string[]).includes(name);

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

/** All tools and the schemas of their arguments. */
export abstract class ToolCatalog {
  abstract describe(names: readonly ToolName[]): ToolDescription[];
  /** Arguments that the tool takes, with all its options. */
  abstract example(name: ToolName): JsonObject;
  /**
   * Reads arguments as the tool's schema means them, then checks them: an option that is null or empty is absent, a
   * number in quotes is a number. Unknown keys are dropped.
   */
  abstract parse(name: ToolName, args: unknown): ParsedArguments;
}
