import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';

/**
 * Starts a program, and beside it, in the same process group, a shell that kills the group when its descriptor 3 is closed: only
 * this process holds the other end. That shell is no child of the program, which may wait for all children that it has.
 */
const GUARD = '({ read -r _ <&3 || kill -KILL 0; } >/dev/null 2>&1 &); exec "$@" 3<&-';

const run = promisify(execFile);

/** A program that ends with this process, also where that is killed, and with it all that it has started in its group. */
export interface Guarded {
  /** Its `close` comes only when the guard has gone, too. */
  readonly child: ChildProcess;
  /** Ends the whole group, unless nothing of it is left. */
  readonly kill: () => void;
}

interface Options {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin: 'ignore' | 'pipe';
}

/** What lets a guard go, by its group, where the program has ended: what that has left running is guarded, too. */
const ended = new Map<number, () => void>();

/** @throws by the event `error` of the child, where the folder is not there */
export function spawnGuarded(file: string, args: readonly string[], { stdin, ...options }: Options): Guarded {
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', file, ...args], {
    ...options,
    detached: true, // in a group of its own
    stdio: [stdin, 'pipe', 'pipe', 'pipe'],
  });
  const group = child.pid;
  const pipe = child.stdio[3] as Duplex & { unref(): void };
  pipe.unref();
  pipe.on('error', () => undefined); // the guard was killed with its group
  let isOver = group === undefined;
  child.once('exit', () => {
    ended.set(group!, () => {
      isOver = true; // from now on the id may be that of another group
      pipe.end('\n');
    });
    void releaseGuards();
  });
  return {
    child,
    kill: () => {
      if (!isOver) kill(group!);
    },
  };
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

/** Lets the guards go that have nothing to guard any more. */
async function releaseGuards(): Promise<void> {
  const groups = [...ended]; // others may end while the processes are listed
  const sizes = await sizesOfGroups();
  for (const [group, release] of groups) {
    if ((sizes.get(group) ?? 0) > 1) continue; // more than the guard
    ended.delete(group);
    release();
  }
}

/** How many processes are in a group. Nothing is known where the system has no `ps`, as in some containers. */
async function sizesOfGroups(): Promise<Map<number, number>> {
  const sizes = new Map<number, number>();
  const table = await run('ps', ['-A', '-o', 'pgid=']).catch(() => undefined);
  for (const group of table?.stdout.trim().split(/\s+/).map(Number) ?? []) {
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  return sizes;
}
