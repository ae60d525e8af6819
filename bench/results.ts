import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Disk } from './machine/postgres.ts';
import { type Row, ratioOf } from './measure.ts';

const FOLDER = join(import.meta.dirname, 'results');

export interface Measured {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** What the times depend on. */
const machine = () => ({
  processors: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 1024 ** 3),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
});

/**
 * @param whole of every measure, in full size: only such a result is the latest one of its disk
 * @returns the file
 */
export async function writeResults(
  measured: readonly Measured[],
  disk: Disk,
  whole: boolean,
): Promise<string> {
  const measures = measured.map(({ rows, ...measure }) => ({
    ...measure,
    rows: rows.map((row) => ({
      ...row,
      ratioToProxy: ratioOf(row.figure, row.proxy),
      ratioToFloor: ratioOf(row.figure, row.floor),
    })),
  }));
  const result = { measuredAt: new Date().toISOString(), machine: { ...machine(), disk }, measures };
  await mkdir(FOLDER, { recursive: true });
  const latest = disk.addedMs > 0 ? 'latest-slow-disk.json' : 'latest.json';
  const file = join(FOLDER, whole ? latest : 'partial.json');
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

/** An empty folder for profiles. */
export async function profilesFolder(): Promise<string> {
  const folder = join(FOLDER, 'profiles');
  await mkdir(folder, { recursive: true });
  return folder;
}
