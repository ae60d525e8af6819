import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const TIME_LIMIT_MS = 180_000;

/** The minimum: where there is a Redis, jobs are measured on it too; and operations come and go. */
const ROWS: Readonly<Record<string, number>> = {
  'model-stub': 5,
  'first-token': 2,
  speed: 2,
  streams: 5,
  readers: 2,
  growth: 10,
  replay: 1,
  commits: 4,
  jobs: 3,
  storage: 2,
  'tool-round-trip': 1,
};

interface Result {
  readonly measures: readonly {
    readonly name: string;
    readonly rows: readonly { readonly figure: number | { readonly p50: number } }[];
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
      expect(measures.map(({ name }) => name)).toEqual(Object.keys(ROWS));
      for (const { name, rows } of measures) {
        expect.soft(rows.length, `rows of ${name}`).toBeGreaterThanOrEqual(ROWS[name]!);
        const figures = rows.map(({ figure }) => (typeof figure === 'number' ? figure : figure.p50));
        expect.soft(figures.filter((figure) => !Number.isFinite(figure))).toEqual([]);
      }
    },
    TIME_LIMIT_MS,
  );

  it('says which measures there are when it is asked for another', async () => {
    await expect(bench('--quick', '--only', 'weather')).rejects.toMatchObject({
      stderr: expect.stringContaining('There is no weather; there are model-stub, first-token') as string,
    });
  });
});
