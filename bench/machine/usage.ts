import { readFile, writeFile } from 'node:fs/promises';

/** Of Linux on all its common processors. */
const TICKS_PER_SECOND = 100;

/** What a process has used, as /proc tells (proc(5)). */
export class Usage {
  private readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Of all its threads. */
  async cpuSeconds(): Promise<number> {
    const stat = await this.read('stat');
    // The name, the second field, may hold anything; after it everything is a number.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** What it holds in memory now, in KB. */
  residentKb(): Promise<number> {
    return this.field('VmRSS');
  }

  /** The most it has held since it began, or since `forgetPeak`, in KB. */
  peakKb(): Promise<number> {
    return this.field('VmHWM');
  }

  async forgetPeak(): Promise<void> {
    await writeFile(`/proc/${this.pid}/clear_refs`, '5');
  }

  private async field(name: string): Promise<number> {
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(await this.read('status')) ?? [];
    return Number(kilobytes);
  }

  private read(file: string): Promise<string> {
    return readFile(`/proc/${this.pid}/${file}`, 'utf8');
  }
}
