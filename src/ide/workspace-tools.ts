import { FileAnswer, ToolError, type Tool, type Tools } from '#client';
import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { outputOf } from './display.ts';
import { fileTools } from './file-tools.ts';
import { type Host, localHost } from './host.ts';
import { Roots } from './roots.ts';
import { fits, searchTools } from './search-tools.ts';

const DEFAULT_TIMEOUT_SECONDS = 60;
/** In characters. The server takes 2 MB, and a model far less. */
const MAX_RESULT = 100_000;

/**
 * The tools of an IDE, for real, in the folders of a workspace; diagnostics it has none. Paths cannot leave their folder, through
 * links neither; a command is a shell's and can do what the user can.
 */
export class WorkspaceTools {
  readonly #roots: Roots;
  readonly #host: Host;
  readonly #tools: Required<Omit<Tools, 'get_diagnostics'>> = {
    ...fileTools((path) => this.locate(path), {
      read: (file) => this.#host.read(file),
      write: (file, text) => this.#host.write(file, text),
    }),
    ...searchTools({
      list: (path) => this.#list(path, true, false),
      locate: (path) => this.locate(path),
    }),
    list_files: async ({ path, recursive = false, include_hidden = false, pattern }) =>
      (await this.#list(path, recursive, include_hidden))
        .filter((entry) => !pattern || fits(entry.replace(/\/$/, ''), pattern))
        .join('\n'),
    create_directory: async ({ path, recursive = false }) => {
      await mkdir(await this.locate(path), { recursive });
      return `Made ${path}`;
    },
    execute_command: async ({ command, cwd = '.', timeout_seconds = DEFAULT_TIMEOUT_SECONDS }, context) => {
      const folder = await this.locate(cwd);
      await access(folder); // the shell's own words for a missing folder would not name it
      const result = await this.#host.run(command, folder, timeout_seconds * 1000, context);
      context.show(outputOf(result));
      return result;
    },
  };

  /**
   * @param signal ends the commands that are running
   * @param host what takes the place of the disk, or of the shell of this process
   */
  constructor(roots: Roots, signal: AbortSignal, host: Partial<Host> = {}) {
    this.#roots = roots;
    this.#host = { ...localHost(signal), ...host };
  }

  /** In one folder. @param signal ends the commands that are running @throws where it is not there */
  static async in(folder: string, signal: AbortSignal): Promise<WorkspaceTools> {
    return new WorkspaceTools(await Roots.of(folder), signal);
  }

  /** Results are cut to what a model reads, and errors do not tell where the workspace is. */
  get byName(): Tools {
    const guarded = Object.entries(this.#tools as Record<string, Tool<object>>).map(([name, tool]) => [
      name,
      async (...call: Parameters<Tool<object>>) => {
        try {
          const answer = await tool(...call);
          return answer instanceof FileAnswer ? new FileAnswer(cut(answer.result), answer.file) : cut(answer);
        } catch (error) {
          if (error instanceof ToolError) throw error; // names paths of the workspace only
          const text = error instanceof Error ? error.message : String(error);
          throw new Error(this.#roots.withoutPlaces(text), { cause: error });
        }
      },
    ]);
    return Object.fromEntries(guarded) as Tools;
  }

  /** Where a path really is. @throws where it leads out of its folder */
  locate(path: string): Promise<string> {
    return this.#roots.locate(path);
  }

  /**
   * Paths from the top of the workspace; folders end with a slash. Links are named, not followed: `readdir` with
   * `recursive` would follow them.
   */
  async #list(path: string, recursive: boolean, hidden: boolean): Promise<string[]> {
    if (path === '.' && this.#roots.areSeveral) return this.#listRoots(recursive, hidden);
    const folder = await this.locate(path);
    const entries = await readdir(folder, { withFileTypes: true });
    const found: string[] = [];
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!hidden && entry.name.startsWith('.')) continue;
      const place = join(folder, entry.name);
      if (this.#roots.isRoot(place)) continue;
      const file = this.#roots.pathBeneath(path, place);
      found.push(entry.isDirectory() ? `${file}/` : file);
      if (recursive && entry.isDirectory()) found.push(...(await this.#list(file, recursive, hidden)));
    }
    return found;
  }

  async #listRoots(recursive: boolean, hidden: boolean): Promise<string[]> {
    const found: string[] = [];
    for (const { name } of this.#roots.all) {
      found.push(`${name}/`, ...(recursive ? await this.#list(name, recursive, hidden) : []));
    }
    return found;
  }
}

/** The beginning of a text that is too long. Answers that are no text are short. */
const cut = (result: unknown): unknown =>
  typeof result === 'string' && result.length > MAX_RESULT
    ? `${result.slice(0, MAX_RESULT).toWellFormed()}\n\n(cut: ${MAX_RESULT} of ${result.length} characters)`
    : result;
