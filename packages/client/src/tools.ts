import type { DataOf } from './events.ts';
import type { Json } from './types.gen.ts';

/** The arguments of the tools that an IDE lends. The server has checked them; paths are relative to the workspace. */
export interface ToolArguments {
  read_file: { path: string; start_line?: number; end_line?: number };
  write_file: { path: string; content: string; create_dirs?: boolean };
  list_files: { path: string; recursive?: boolean; include_hidden?: boolean; pattern?: string };
  create_directory: { path: string; recursive?: boolean };
  /** `timeout_seconds` is 1..300. */
  execute_command: { command: string; cwd?: string; timeout_seconds?: number };
  search_in_code: {
    query: string;
    path?: string;
    file_pattern?: string;
    case_sensitive?: boolean;
    regex?: boolean;
    max_results?: number;
    /** 0..20. */
    context_lines?: number;
    output?: 'lines' | 'files';
  };
  // Requested only in sessions that name them in `builtin_tools`.
  /** 1..50 edits. `@agent-runtime/client/edit` makes them. Needs `file_hashes`. */
  edit_file: {
    path: string;
    edits: { old_text: string; new_text: string; replace_all?: boolean }[];
  };
  glob: { pattern: string; path?: string; max_results?: number };
  get_diagnostics: { path?: string };
  delete_file: { path: string };
  move_file: { path: string; to: string };
}

export type ToolCall = DataOf<'tool_call.requested'>;

export interface ToolContext {
  readonly call: ToolCall;
  /** Aborted when the call is over: it was cancelled, has expired, or another client executes it. What the tool answers then is dropped. */
  readonly signal: AbortSignal;
  /** Keeps with the answer what people are to see of it; no model reads that. Left out where it is undefined, or beyond 64 KB as JSON. */
  readonly show: (display: Json | undefined) => void;
}

/** Answers text or any JSON, a `FileAnswer` or a `ContentAnswer`, or a promise of it. What it throws is an answer too: the model reads the message. */
export type Tool<Arguments> = (args: Arguments, context: ToolContext) => unknown;

/** By name. A tool that is left out is left for another client of the session. */
export type Tools = { readonly [Name in keyof ToolArguments]?: Tool<ToolArguments[Name]> };
