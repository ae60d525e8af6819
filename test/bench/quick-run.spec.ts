import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isLeftOutWithout } from '../support/debian-programs.js';

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
  'prompt-cache': 4,
  replay: 1,
  commits: 4,
  jobs: 3,
  storage: 2,
  'tool-round-trip': 1,
};

/** What is compared with what: at least one row of each measure has these. */
const SIDES: Readonly<Record<string, readonly string[]>> = {
  'first-token': ['figure', 'proxy', 'floor', 'before'],
  storage: ['figure', 'floor', 'before'],
  growth: ['figure', 'before'],
};

type Figure = number | { readonly p50: number };

interface Result {
  readonly machine: { readonly disk: { readonly addedMs: number; readonly commitMs: { with: number } } };
  readonly measures: readonly {
    readonly name: string;
    readonly rows: readonly ({ readonly figure: Figure } & Readonly<Record<string, Figure | undefined>>)[];
    readonly notes: readonly string[];
  }[];
}

const bench = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
  promisify(execFile)(process.execPath, ['bench/bench.ts', '--quick', ...args], {
    ...{ cwd: ROOT, timeout: TIME_LIMIT_MS, env },
  });

const written = async () =>
  JSON.parse(await readFile(join(ROOT, 'bench/results/partial.json'), 'utf8')) as Result;

const middle = (figure: Figure | undefined) => (typeof figure === 'object' ? figure.p50 : figure);

describe('the benchmark', () => {
  it(
    'measures everything there is to measure',
    async () => {
      const { stdout } = await bench([]);
      expect(stdout).toContain('Written to bench/results/partial.json');
      const { machine, measures } = await written();
      expect(machine.disk.addedMs).toBe(0);
      expect(measures.map(({ name }) => name)).toEqual(Object.keys(ROWS));
      for (const { name, rows } of measures) {
        expect.soft(rows.length, `rows of ${name}`).toBeGreaterThanOrEqual(ROWS[name]!);
        const figures = rows.map(({ figure }) => middle(figure));
        expect.soft(figures.filter((figure) => !Number.isFinite(figure))).toEqual([]);
      }
    },
    TIME_LIMIT_MS,
  );

  it.skipIf(isLeftOutWithout('gcc'))(
    'measures another build beside this one, on a slower disk',
    async () => {
      const only = Object.keys(SIDES).join(',');
      const { stdout } = await bench(['--only', only, '--against', '.', '--disk-ms', '4']);
      expect(stdout).toContain('each fsync takes 4 ms longer');
      const { machine, measures } = await written();
      expect(machine.disk).toMatchObject({ addedMs: 4 });
      expect(machine.disk.commitMs.with).toBeGreaterThanOrEqual(4);
      for (const { name, rows, notes } of measures) {
        expect.soft(notes, name).toEqual([]);
        const figures = SIDES[name]!.map((side) =>
          rows.map((row) => middle(row[side])).some((figure) => Number.isFinite(figure)),
        );
        expect.soft(figures, name).not.toContain(false);
      }
      // What commits before the first token waits for that disk.
      const [row] = measures[0]!.rows;
      expect(middle(row!['floor'])).toBeGreaterThanOrEqual(4);
      expect(middle(row!.figure)).toBeGreaterThanOrEqual(4);
    },
    TIME_LIMIT_MS,
  );

  it.each([
    [
      'a measure that there is not',
      ['--only', 'weather'],
      'There is no weather; there are model-stub, first-token',
    ],
    ['a folder without a build', ['--against', 'docs'], 'there is no build in'],
    ['a disk that is faster', ['--disk-ms=-1'], '--disk-ms takes milliseconds from 0 to 1000, not -1'],
  ])('refuses %s', async (_, args, message) => {
    await expect(bench(args)).rejects.toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining(message) as string },
    });
  });

  it('says what it needs for a slower disk', async () => {
    await expect(bench(['--disk-ms', '2'], { PATH: '' })).rejects.toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('there is no gcc on this machine') as string },
    });
  });
});
