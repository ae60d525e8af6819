import type { ToolCallContent, ToolCallLocation, ToolKind } from '@agentclientprotocol/sdk';
import type { Json } from '#client';
import { visible } from '#client/edit';
import type { Roots } from '../ide/roots.js';

export type Arguments = Readonly<Record<string, Json>>;

/** What the runtime executes itself; editors see what comes of it. */
const OF_RUNTIME: ReadonlySet<string> = new Set([
  'read_result',
  'update_todos',
  'attempt_completion',
  'ask_followup_question',
  'create_plan',
  'switch_agent',
]);

const KINDS: Readonly<Record<string, ToolKind>> = {
  read_file: 'read',
  list_files: 'read',
  search_in_code: 'search',
  glob: 'search',
  write_file: 'edit',
  edit_file: 'edit',
  create_directory: 'edit',
  delete_file: 'delete',
  move_file: 'move',
  execute_command: 'execute',
  get_diagnostics: 'read',
};

const VERBS: Readonly<Record<string, string>> = {
  read_file: 'Read',
  list_files: 'List',
  search_in_code: 'Search for',
  glob: 'Find',
  write_file: 'Write',
  edit_file: 'Edit',
  create_directory: 'Make the folder',
  delete_file: 'Delete',
  move_file: 'Move',
  get_diagnostics: 'Diagnostics of',
};

const MAX_TITLE = 200;

/** A call as it is shown, before and while it is executed. */
export interface ShownCall {
  readonly title: string;
  readonly kind: ToolKind;
  readonly locations: ToolCallLocation[];
  readonly rawInput: Arguments;
}

export const isOfRuntime = (toolName: string): boolean => OF_RUNTIME.has(toolName);

export const isMcpTool = (toolName: string): boolean => toolName.startsWith('mcp__');

export const kindOf = (toolName: string): ToolKind =>
  isOfRuntime(toolName) ? 'think' : (KINDS[toolName] ?? 'other');

/** While the model is still writing it. */
export const draftTitle = (toolName: string): string =>
  toolName === 'create_plan' ? 'Writing the plan' : `Writing: ${visible(toolName)}`;

/** @param args as the model wrote them; nothing is sure about them */
export function shownCall(toolName: string, args: unknown, roots: Roots): ShownCall {
  const given = (typeof args === 'object' && args !== null && !Array.isArray(args) ? args : {}) as Arguments;
  return {
    title: titleOf(toolName, given),
    kind: kindOf(toolName),
    locations: locationsOf(given, roots),
    rawInput: given,
  };
}

function titleOf(toolName: string, args: Arguments): string {
  const subject = args['command'] ?? args['query'] ?? args['pattern'] ?? args['path'];
  const verb = VERBS[toolName] ?? (toolName === 'execute_command' ? '' : toolName);
  const to = typeof args['to'] === 'string' ? ` to ${args['to']}` : '';
  const title = visible(`${verb} ${typeof subject === 'string' ? subject : ''}${to}`.trim() || toolName);
  return title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE).toWellFormed()}…` : title;
}

function locationsOf(args: Arguments, roots: Roots): ToolCallLocation[] {
  const line = args['start_line'];
  return [args['path'], args['to']]
    .filter((path) => typeof path === 'string')
    .map((path) => ({ path: roots.absolute(path), ...(typeof line === 'number' && { line }) }));
}

export const textContent = (text: string): ToolCallContent => ({
  type: 'content',
  content: { type: 'text', text },
});

/** The pieces of an edit, where the file itself is not at hand. */
export function piecesOf(args: Arguments, roots: Roots): ToolCallContent[] {
  const { path, edits } = args;
  if (typeof path !== 'string' || !Array.isArray(edits)) return [];
  return (edits as Partial<Record<'old_text' | 'new_text', unknown>>[]).flatMap(
    ({ old_text: oldText, new_text: newText }) =>
      typeof oldText === 'string' && typeof newText === 'string'
        ? [{ type: 'diff' as const, path: roots.absolute(path), oldText, newText }]
        : [],
  );
}
