import { spawnSync } from 'node:child_process';

/** Prometheus' own judge of rules; on Debian: apt-get install prometheus. */
export function promtool(...args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' });
  if (error) throw error;
  return { ok: status === 0, output: stdout + stderr };
}
