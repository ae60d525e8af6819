import { once } from 'node:events';
import { spawnGuarded } from './guarded.ts';

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
  const { child, kill } = spawnGuarded('/bin/sh', ['-c', command], { cwd, stdin: 'ignore' });
  const output = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') => {
    const stream = child[name]!;
    stream.setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(0, MAX_OUTPUT);
    });
    return once(stream, 'close');
  };
  const timeUp = AbortSignal.timeout(timeoutMs);
  const over = AbortSignal.any([signal, timeUp]);
  over.addEventListener('abort', kill);
  try {
    const [[exitCode]] = (await Promise.all([once(child, 'exit'), collect('stdout'), collect('stderr')])) as [
      [number | null],
      unknown,
      unknown,
    ];
    signal.throwIfAborted();
    return Object.assign({ exit_code: exitCode, ...output }, timeUp.aborted && { timed_out: true as const });
  } finally {
    over.removeEventListener('abort', kill);
  }
}
