import { spawnSync } from 'node:child_process';

/** Prometheus' own judge of rules; on Debian: apt-get install prometheus. */
export function promtool(...args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error) throw error;
  return { ok: status === 0, output: stdout + stderr };
}

/** Where it is not installed its tests are left out, but never in CI: there it is a failure that it is not. */
export const lacksPromtool =
  process.env['CI'] !== 'true' && spawnSync('promtool', ['--version']).error !== undefined;
