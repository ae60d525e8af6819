import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TIME_LIMIT_MS = 120_000;

interface Result {
  readonly measures: readonly {
    readonly name: string;
    readonly rows: readonly { readonly figure: number | { readonly count: number } }[];
  }[];
}

const bench = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['bench/bench.ts', ...args], { cwd: ROOT, timeout: TIME_LIMIT_MS });

describe('the benchmark', () => {
  it(
    'measures everything there is to measure',
    async () => {
      const { stdout } = await bench('--quick');
      expect(stdout).toContain('Written to bench/results/partial.json');
      const { measures } = JSON.parse(
        await readFile(join(ROOT, 'bench/results/partial.json'), 'utf8'),
      ) as Result;
      expect(measures.map(({ name, rows }) => [name, rows.length])).toEqual([
        ['model-stub', 5],
        ['first-token', 2],
        ['speed', 2],
        ['streams', 5],
        ['readers', 2],
        ['growth', 10],
        ['replay', 1],
        ['commits', expect.any(Number)],
        ['jobs', expect.any(Number)],
        ['storage', 2],
        ['tool-round-trip', 2],
      ]);
    },
    TIME_LIMIT_MS,
  );

  it('says which measures there are when it is asked for another', async () => {
    await expect(bench('--quick', '--only', 'weather')).rejects.toMatchObject({
      stderr: expect.stringContaining('There is no weather; there are model-stub, first-token') as string,
    });
  });
});
