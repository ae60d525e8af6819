import { access, lstat, mkdir, readFile, readdir, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, matchesGlob, relative, resolve, sep } from 'node:path';
import type { ToolOutcome } from './api.ts';
import { runCommand } from './run-command.ts';

/** What the server's catalogue says these tools take; it has checked the arguments against it. */
interface ToolArguments {
  read_file: { path: string; start_line?: number; end_line?: number };
  write_file: { path: string; content: string; create_dirs?: boolean };
  list_files: { path: string; recursive?: boolean; include_hidden?: boolean; pattern?: string };
  create_directory: { path: string; recursive?: boolean };
  execute_command: { command: string; cwd?: string; timeout_seconds?: number };
  search_in_code: {
    query: string;
    path?: string;
    file_pattern?: string;
    case_sensitive?: boolean;
    regex?: boolean;
    max_results?: number;
  };
}

type Tools = { [Name in keyof ToolArguments]: (args: ToolArguments[Name]) => Promise<unknown> };

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_RESULTS = 100;
/** In characters. The server takes 2 MB, and a model far less. */
const MAX_RESULT = 100_000;

/**
 * The six tools of an IDE, for real, in one folder. Paths cannot leave it, through links neither; a command is a shell's
 * and can do what the user can.
 */
export class WorkspaceTools {
  readonly #root: string;
  readonly #tools: Tools = {
    read_file: async ({ path, start_line, end_line }) => {
      const text = await readFile(await this.#locate(path), 'utf8');
      if (start_line === undefined && end_line === undefined) return text;
      return text
        .split('\n')
        .slice((start_line ?? 1) - 1, end_line)
        .join('\n');
    },
    write_file: async ({ path, content, create_dirs }) => {
      const file = await this.#locate(path);
      if (create_dirs) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return `Wrote ${Buffer.byteLength(content)} bytes to ${path}`;
    },
    list_files: async ({ path, recursive = false, include_hidden = false, pattern }) =>
      (await this.#list(path, recursive, include_hidden))
        .filter((entry) => !pattern || matches(entry.replace(/\/$/, ''), pattern))
        .join('\n'),
    create_directory: async ({ path, recursive = false }) => {
      await mkdir(await this.#locate(path), { recursive });
      return `Made ${path}`;
    },
    execute_command: async ({ command, cwd = '.', timeout_seconds = DEFAULT_TIMEOUT_SECONDS }) => {
      const folder = await this.#locate(cwd);
      await access(folder); // the shell's own words for a missing folder would not name it
      return runCommand(command, folder, timeout_seconds * 1000, this.#signal);
    },
    search_in_code: (args) => this.#search(args),
  };

  readonly #signal: AbortSignal;

  private constructor(root: string, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  /** @param signal ends the commands that are running */
  static async in(folder: string, signal: AbortSignal): Promise<WorkspaceTools> {
    return new WorkspaceTools(await realpath(folder), signal);
  }

  /** What goes wrong in a tool is an answer too: the model reads it. */
  async execute(name: string, args: Record<string, unknown>): Promise<ToolOutcome> {
    if (!Object.hasOwn(this.#tools, name)) return { error: `This IDE has no tool ${name}` };
    const tool = this.#tools[name as keyof Tools] as (args: Record<string, unknown>) => Promise<unknown>;
    try {
      return { result: cut(await tool(args)) };
    } catch (error) {
      return { error: error instanceof Error ? error.message.replaceAll(this.#root, '.') : String(error) };
    }
  }

  /** Where a path really is: what exists of it is followed through links, the rest is still to be made. */
  async #locate(path: string): Promise<string> {
    const wanted = resolve(this.#root, path);
    this.#requireInside(wanted, path);
    for (let existing = wanted; ; existing = dirname(existing)) {
      if (!(await lstat(existing).catch(nothingThere))) continue;
      const real = await realpath(existing);
      this.#requireInside(real, path);
      return join(real, relative(existing, wanted));
    }
  }

  #requireInside(absolute: string, path: string): void {
    if (absolute === this.#root || absolute.startsWith(this.#root + sep)) return;
    throw new Error(`${path} leads out of the workspace`);
  }

  /**
   * Paths from the top of the workspace; folders end with a slash. Links are named, not followed: `readdir` with
   * `recursive` would follow them.
   */
  async #list(path: string, recursive: boolean, hidden: boolean): Promise<string[]> {
    const folder = await this.#locate(path);
    const entries = await readdir(folder, { withFileTypes: true });
    const found: string[] = [];
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!hidden && entry.name.startsWith('.')) continue;
      const file = relative(this.#root, join(folder, entry.name)).replaceAll(sep, '/');
      found.push(entry.isDirectory() ? `${file}/` : file);
      if (recursive && entry.isDirectory()) found.push(...(await this.#list(file, recursive, hidden)));
    }
    return found;
  }

  async #search(args: ToolArguments['search_in_code']): Promise<string> {
    const { query, path = '.', file_pattern, case_sensitive, regex, max_results = DEFAULT_RESULTS } = args;
    const fold = (text: string) => (case_sensitive ? text : text.toLowerCase());
    const expression = regex ? new RegExp(query, case_sensitive ? '' : 'i') : undefined;
    const isWanted = (line: string) => expression?.test(line) ?? fold(line).includes(fold(query));
    const found: string[] = [];
    for (const file of await this.#list(path, true, false)) {
      if (file.endsWith('/') || (file_pattern && !matches(file, file_pattern))) continue;
      // A link that leads out, or to a folder, is not searched.
      const text = await this.#locate(file)
        .then((real) => readFile(real, 'utf8'))
        .catch(() => '');
      for (const [index, line] of text.split('\n').entries()) {
        if (found.length < max_results && isWanted(line)) found.push(`${file}:${index + 1}: ${line.trim()}`);
      }
    }
    return found.length > 0 ? found.join('\n') : `Nothing matches ${query}`;
  }
}

/** The beginning of a text that is too long. Answers that are no text are short. */
const cut = (result: unknown): unknown =>
  typeof result === 'string' && result.length > MAX_RESULT
    ? `${result.slice(0, MAX_RESULT).toWellFormed()}\n\n(cut: ${MAX_RESULT} of ${result.length} characters)`
    : result;

/** A pattern without a slash is about names, one with a slash about paths. */
const matches = (file: string, pattern: string): boolean =>
  matchesGlob(pattern.includes('/') ? file : basename(file), pattern);

const nothingThere = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
};
