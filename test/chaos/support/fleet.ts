import { setTimeout as pause } from 'node:timers/promises';
import { TestClient } from '../../support/client.js';
import { ServerProcess } from '../../support/server-process.js';
import { SeededRandom } from './seeded-random.js';

const NOTICED_MS = 300;

/**
 * Two servers on one database. Messages go to the first, which therefore executes the runs; the second one stands by.
 * Readers connect to either.
 */
export class Fleet {
  private constructor(
    private first: ServerProcess,
    private second: ServerProcess,
    private readonly env: Record<string, string>,
    private readonly random: SeededRandom,
  ) {}

  static async start(env: Record<string, string>, random: SeededRandom): Promise<Fleet> {
    const [first, second] = await Promise.all([ServerProcess.start(env), ServerProcess.start(env)]);
    return new Fleet(first, second, env, random.fork());
  }

  readonly active = (): TestClient => this.first.client;

  readonly any = (): TestClient => this.random.pick([this.first, this.second]).client;

  /** Kills the first one; the second goes on in its place, and a new one stands by. */
  async killActive(): Promise<void> {
    // A client that sends a message at this moment has to send it again.
    await this.first.stop('SIGKILL');
    this.swap();
    this.second = await ServerProcess.start(this.env);
  }

  /** Kills both, and starts both again. @param meanwhile what happens while neither is there */
  async killBoth(meanwhile?: () => Promise<void>): Promise<void> {
    await Promise.all([this.first.stop('SIGKILL'), this.second.stop('SIGKILL')]);
    await meanwhile?.();
    // Each as soon as it serves.
    const second = ServerProcess.start(this.env);
    this.first = await ServerProcess.start(this.env);
    this.second = await second;
  }

  /** Stops the first one for a while, as a machine does that is out of memory; the second goes on in its place. */
  async freezeActive(meanwhile: () => Promise<void>): Promise<void> {
    const frozen = this.first;
    frozen.signal('SIGSTOP');
    try {
      // Messages sent to it before the failure is noticed reach it when it wakes.
      await pause(NOTICED_MS);
      this.swap();
      await meanwhile();
    } finally {
      frozen.signal('SIGCONT');
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.first.stop('SIGKILL'), this.second.stop('SIGKILL')]);
  }

  private swap(): void {
    [this.first, this.second] = [this.second, this.first];
  }
}
