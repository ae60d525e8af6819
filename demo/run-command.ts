import { spawn } from 'node:child_process';
import { once } from 'node:events';

const MAX_OUTPUT = 20_000;

/** How a shell command ended. */
export interface CommandResult {
  /** Null when it was killed. */
  readonly exit_code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timed_out?: true;
}

/** Runs a shell command to its end, or ends it and all it started when the time is up or the signal says so. */
export async function runCommand(
  command: string,
  cwd: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const child = spawn(command, { cwd, shell: true, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') =>
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(0, MAX_OUTPUT);
    });
  collect('stdout');
  collect('stderr');
  const timeUp = AbortSignal.timeout(timeoutMs);
  const over = AbortSignal.any([signal, timeUp]);
  const kill = () => process.kill(-child.pid!, 'SIGKILL'); // the group: the shell and what it started
  over.addEventListener('abort', kill);
  try {
    const [exitCode] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    return Object.assign({ exit_code: exitCode, ...output }, timeUp.aborted && { timed_out: true as const });
  } finally {
    over.removeEventListener('abort', kill); // the id may belong to another process by then
  }
}
