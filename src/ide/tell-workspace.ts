import {
  type AgentRuntime,
  type RequestOptions,
  type SetWorkspace,
  type WorkspaceFiles,
  describeWorkspace,
  instructionsIn,
} from '#client';
import { execFile } from 'node:child_process';
import { readFile, readdir, realpath } from 'node:fs/promises';
import { platform, release } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { nothingThere } from './host.ts';
import { Roots, isWithin } from './roots.ts';

const GIT_LIMIT_MS = 2_000;

const run = promisify(execFile);

export interface Place {
  readonly folder: string;
  /** Other folders of the same workspace. */
  readonly further?: readonly string[];
  /** What the user works with, as `Zed 1.4`. */
  readonly ide?: string | undefined;
  /** Told what is left out, and why. */
  readonly note: (text: string) => void;
}

/**
 * Tells the server where a session works: the folders, the system, Git, and the instructions for agents that are in them. A
 * session can do without, so what goes wrong is noted only.
 */
export const tellWorkspace = (
  runtime: AgentRuntime,
  sessionId: string,
  place: Place,
  options: RequestOptions = {},
): Promise<void> =>
  tell(runtime, sessionId, place, options).catch((error: unknown) =>
    place.note(
      `The server was not told of the workspace: ${error instanceof Error ? error.message : String(error)}`,
    ),
  );

async function tell(
  runtime: AgentRuntime,
  sessionId: string,
  { folder, further, ide, note }: Place,
  options: RequestOptions,
): Promise<void> {
  const roots = await Roots.of(folder, further);
  const { real } = roots.all[0];
  const [git, instructions] = await Promise.all([gitIn(real), instructionsIn(filesIn(roots), note)]);
  const workspace = {
    name: basename(real) || real,
    roots: roots.all.map((root) => ({ name: root.name, path: root.real })),
    os: `${platform()} ${release()}`,
    shell: '/bin/sh',
    ide: ide ?? null,
    git,
  };
  await describeWorkspace(runtime, sessionId, workspace, instructions, options);
}

const filesIn = (roots: Roots): WorkspaceFiles => ({
  roots: roots.areSeveral ? roots.all.map(({ name }) => name) : [''],
  list: async (path) => {
    const { root, inner } = roots.find(path);
    const folder = join(root.real, inner);
    const entries = await readdir(folder, { withFileTypes: true }).catch(unreadable);
    return entries
      .filter(({ name }) => !roots.isRoot(join(folder, name)))
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  },
  read: async (path) => {
    const { root, inner } = roots.find(path);
    const real = await realpath(join(root.real, inner)).catch(nothingThere);
    if (real === undefined || !isWithin(root.real, real)) return undefined; // a link that leads out, or nowhere
    return readFile(real).catch(nothingThere);
  },
});

/** Null where the folder is in no repository, or Git is not there. */
async function gitIn(folder: string): Promise<SetWorkspace['git']> {
  const args = ['-C', folder, 'rev-parse', 'HEAD', '--abbrev-ref', 'HEAD'];
  const answer = await run('git', args, { timeout: GIT_LIMIT_MS }).catch(() => undefined); // no repository, no commit, no Git
  const [commit, branch] = answer?.stdout.trim().split('\n') ?? [];
  if (!commit) return null;
  return { commit, branch: branch === undefined || branch === 'HEAD' ? null : branch };
}

/** A folder that its user may not read has no instructions for agents. */
const unreadable = () => [];
