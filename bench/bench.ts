/**
 * Measures the built server beside the limit of the machine and the floor: `npm run bench`, with `-- --only name,name`
 * for some of the measures, `-- --disk-ms 2` for a slower disk, `-- --against FOLDER` for another build beside this one,
 * `-- --profile` for CPU profiles, `-- --quick` to see only that it works. See bench/README.md.
 */
import { existsSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Lab } from './lab.ts';
import type { Disk } from './machine/postgres.ts';
import type { Measure, Row } from './measure.ts';
import { commits } from './measures/commits.ts';
import { firstToken } from './measures/first-token.ts';
import { growth } from './measures/growth.ts';
import { jobs } from './measures/jobs.ts';
import { modelStub } from './measures/model-stub.ts';
import { promptCache } from './measures/prompt-cache.ts';
import { readers } from './measures/readers.ts';
import { replay } from './measures/replay.ts';
import { speed } from './measures/speed.ts';
import { storage } from './measures/storage.ts';
import { streams } from './measures/streams.ts';
import { toolRoundTrip } from './measures/tool-round-trip.ts';
import { type Measured, profilesFolder, writeResults } from './results.ts';
import { tableOf } from './table.ts';

const MEASURES: readonly Measure[] = [
  ...[modelStub, firstToken, speed, streams, readers, growth, promptCache],
  ...[replay, commits, jobs, storage, toolRoundTrip],
];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    'disk-ms': { type: 'string', default: '0' },
    against: { type: 'string' },
  },
});

function chosen(): readonly Measure[] {
  if (options.only === undefined) return MEASURES;
  return options.only.split(',').map((name) => {
    const found = MEASURES.find((measure) => measure.name === name);
    if (found) return found;
    throw new Error(`There is no ${name}; there are ${MEASURES.map((measure) => measure.name).join(', ')}`);
  });
}

/** What each fsync of PostgreSQL takes longer. */
function diskMs(): number {
  const ms = Number(options['disk-ms']);
  if (ms >= 0 && ms <= 1000) return ms;
  throw new Error(`--disk-ms takes milliseconds from 0 to 1000, not ${options['disk-ms']}`);
}

/** A checkout that is built already. */
function against(): string | undefined {
  if (options.against === undefined) return undefined;
  const checkout = resolve(options.against);
  if (existsSync(join(checkout, 'dist/src/main.js'))) return checkout;
  throw new Error(`--against: there is no build in ${checkout}; npm run build makes it`);
}

function diskInWords({ addedMs, commitMs }: Disk): string {
  const [own, slow] = [commitMs.without, commitMs.with].map((ms) => `${ms.toFixed(2)} ms`);
  if (addedMs === 0) return `Disk: that of the machine; a commit takes ${own}`;
  return `Disk: each fsync takes ${addedMs} ms longer; a commit takes ${slow}, without that ${own}`;
}

async function carryOut(measure: Measure, lab: Lab): Promise<Measured> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const begunAt = performance.now();
  try {
    await measure.run(lab, {
      // What tiny sizes reach is no figure to be judged.
      row: ({ target, ...row }) => void rows.push({ ...row, ...(target && !options.quick && { target }) }),
      note: (text) => void notes.push(text),
    });
  } catch (error) {
    // The others are measured all the same.
    process.exitCode = 1;
    notes.push(`Broke off: ${(error as Error).message.split('\n')[0]}`);
  }
  const { name, title } = measure;
  const seconds = ((performance.now() - begunAt) / 1000).toFixed(1);
  console.log(`\n### ${title} (${name}, ${seconds} s)\n`);
  if (rows.length > 0) console.log(tableOf(rows));
  for (const note of notes) console.log(`\n${note}`);
  return { name, title, rows, notes };
}

async function main(): Promise<void> {
  const measures = chosen();
  await using folder = await mkdtempDisposable(join(tmpdir(), 'agent-runtime-bench-'));
  const profiles = options.profile ? await profilesFolder() : undefined;
  const { quick } = options;
  await using lab = await Lab.open({
    ...{ folder: folder.path, quick, profiles },
    ...{ diskMs: diskMs(), against: against() },
  });
  const { disk } = lab.postgres;
  console.log(diskInWords(disk));
  const measured: Measured[] = [];
  for (const measure of measures) {
    // What is under way ends with the programs that it needs.
    measured.push(await Promise.race([carryOut(measure, lab), stopped]));
  }
  const whole = options.only === undefined && !options.quick && !options.profile;
  console.log(`\nWritten to ${relative('', await writeResults(measured, disk, whole))}`);
}

/** Rejects when the benchmark is stopped by a signal. */
const stopped = new Promise<never>((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => reject(new Error(`Stopped by ${signal}`)));
  }
});
stopped.catch(() => undefined); // a rejection before the first await must not end the process

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// Interrupted measures still wait for answers, and would keep the process alive.
process.exit();
