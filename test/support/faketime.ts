import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A wall clock that is off, for processes started with its `env` (libfaketime). Their monotonic clock is the real one. */
export class FakeClock {
  private constructor(
    private readonly folder: string,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  /** @param offset such as `+25h` */
  static async create(offset: string): Promise<FakeClock> {
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-clock-'));
    const file = join(folder, 'offset');
    const clock = new FakeClock(folder, {
      LD_PRELOAD: execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], {
        encoding: 'utf8',
      }).trim(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    await clock.set(offset);
    return clock;
  }

  /** Steps the clocks of running processes, within a second. */
  async set(offset: string): Promise<void> {
    await writeFile(join(this.folder, 'offset'), offset);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
