import { hashOf, textOf } from './edit.ts';
import type { RequestOptions } from './http.ts';
import { Problem } from './problem.ts';
import type { AgentRuntime } from './runtime.ts';
import type { SetWorkspace } from './types.gen.ts';

/** In the order of preference: one of them counts in a folder. */
const INSTRUCTIONS = ['AGENTS.md', 'CLAUDE.md'];
/** What the server takes. */
const MAX_FILES = 20;
const MAX_FILE = 64 * 1024;
const MAX_SUM = 256 * 1024;
/** Folders that are looked through, the outer ones first. */
const MAX_FOLDERS = 2_000;

/** A workspace as instructions are looked for in it. Paths are relative and have `/` between their names. */
export interface WorkspaceFiles {
  /** The folders to begin with, whatever they are called: of a workspace with several roots their names. Unset = the workspace. */
  readonly roots?: readonly string[];
  /** What is directly in a folder; '' is the workspace. */
  list(folder: string): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]>;
  /** Undefined where there is no such file in the workspace. More than `most` bytes need not be read. */
  read(path: string, most: number): Promise<Uint8Array | undefined>;
}

/** A file that says how agents are to work. */
export interface Instruction {
  readonly path: string;
  readonly content: string;
  readonly hash: string;
}

/**
 * The instructions in the folders of a workspace, but for hidden ones and what was installed: AGENTS.md, or else CLAUDE.md.
 * @param note is told what is left out, and why
 */
export async function instructionsIn(
  files: WorkspaceFiles,
  note: (text: string) => void,
): Promise<Instruction[]> {
  const found: Instruction[] = [];
  let sum = 0;
  const folders = [...(files.roots ?? [''])];
  for (let at = 0; at < Math.min(folders.length, MAX_FOLDERS) && found.length < MAX_FILES; at++) {
    const before = folders[at]! && `${folders[at]}/`;
    const entries = await files.list(folders[at]!);
    const inner = entries.flatMap(({ name, isFolder }) => (isFolder && isLookedInto(name) ? [name] : []));
    inner.sort();
    folders.push(...inner.map((name) => before + name));
    const file = INSTRUCTIONS.find((each) =>
      entries.some(({ name, isFolder }) => name === each && !isFolder),
    );
    const path = before + (file ?? '');
    const bytes = file && (await files.read(path, MAX_FILE + 1));
    if (!bytes) continue;
    const content = bytes.length <= MAX_FILE ? textOf(bytes) : undefined;
    if (content === undefined) {
      note(`${path} is left out: it is no text of at most ${MAX_FILE / 1024} KB`);
      continue;
    }
    sum += bytes.length;
    if (sum > MAX_SUM) {
      note(`${path} and what comes after it is left out: all together are too long`);
      break;
    }
    found.push({ path, content, hash: await hashOf(content) });
  }
  return found;
}

/** Tells a session its workspace. Contents of instructions are sent where the server has not got them. @throws Problem */
export async function describeWorkspace(
  runtime: Pick<AgentRuntime, 'sessions'>,
  sessionId: string,
  workspace: Omit<SetWorkspace, 'instructions'>,
  instructions: readonly Instruction[],
  options: RequestOptions = {},
): Promise<void> {
  const put = (by: 'hash' | 'content') =>
    runtime.sessions.setWorkspace(
      sessionId,
      { ...workspace, instructions: instructions.map((each) => ({ path: each.path, [by]: each[by] })) },
      options,
    );
  await put('hash').catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'blob.missing') throw error;
    return put('content');
  });
}

const isLookedInto = (name: string): boolean => !name.startsWith('.') && name !== 'node_modules';
