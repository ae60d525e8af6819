import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SOURCE = join(import.meta.dirname, 'slow-disk.c');

/**
 * Compiles the library that makes the disk slower.
 * @param ms what each fsync takes longer
 * @returns the environment in which PostgreSQL must be started
 * @throws Error where there is no gcc
 */
export async function slowDisk(ms: number, folder: string): Promise<Record<string, string>> {
  const library = join(folder, 'slow-disk.so');
  try {
    await promisify(execFile)('gcc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no gcc on this machine' : message;
    throw new Error(`--disk-ms: ${SOURCE} cannot be compiled: ${reason}`, { cause });
  }
  return { LD_PRELOAD: library, BENCH_DISK_MS: String(ms) };
}

/** Lets programs be started with these variables, and takes them away again. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
