import { readFile, writeFile } from 'node:fs/promises';

/** Of Linux on all its common processors. */
const TICKS_PER_SECOND = 100;

/** What a process has used, as /proc tells (proc(5)). */
export class Usage {
  private readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** The process that started it. */
  async parent(): Promise<Usage> {
    const [, pid = 0] = await this.numbers();
    return new Usage(pid);
  }

  /** Of all its threads. */
  async cpuSeconds(): Promise<number> {
    const [user = 0, system = 0] = (await this.numbers()).slice(11);
    return (user + system) / TICKS_PER_SECOND;
  }

  /** With all its children, also those that are gone. */
  async cpuSecondsOfAll(): Promise<number> {
    const [user = 0, system = 0, goneUser = 0, goneSystem = 0] = (await this.numbers()).slice(11);
    const children = (await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')).trim();
    const living =
      children === '' ? [] : children.split(' ').map((pid) => new Usage(Number(pid)).cpuSeconds());
    const seconds = await Promise.all(living);
    return seconds.reduce(
      (sum, each) => sum + each,
      (user + system + goneUser + goneSystem) / TICKS_PER_SECOND,
    );
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

  /** The fields of `stat` from the third on. The second, the name, may hold anything; the third is a letter. */
  private async numbers(): Promise<number[]> {
    const stat = await this.read('stat');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  }

  private async field(name: string): Promise<number> {
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(await this.read('status')) ?? [];
    return Number(kilobytes);
  }

  private read(file: string): Promise<string> {
    return readFile(`/proc/${this.pid}/${file}`, 'utf8');
  }
}
