import { Logger } from '@nestjs/common';
import { interval } from 'rxjs';
import { OpenRequests } from '../shared/api/open-requests.js';
import { Shutdown } from '../shared/application/shutdown.js';
import { sweep } from '../shared/application/sweep.js';
import { Clock } from '../shared/domain/clock.js';
import { Database } from '../shared/infrastructure/persistence/database.js';

const LOOK_EVERY_MS = 15_000;
/** A short limit is looked at more often. */
const LOOKS_PER_LIMIT = 10;

/** What waits for a client or a human does not count: it is rows, and goes on in the next daemon. */
const IS_AT_WORK = `
  select exists (select from runs where status = 'running')
      or exists (select from jobs where status in ('queued', 'running')) as "isAtWork"`;

/** Ends the process when it has done nothing for a while: no request, no stream, no run that goes on, no job. */
export class IdleEnd {
  private readonly logger = new Logger(IdleEnd.name);
  private busyAt: Date;
  private openRequests = 0;

  constructor(
    private readonly requests: OpenRequests,
    private readonly database: Pick<Database, 'query'>,
    private readonly clock: Clock,
    private readonly shutdown: Shutdown,
  ) {
    this.busyAt = clock.now();
  }

  /** @param seconds the time by the database's clock, which goes on while the machine is suspended */
  watch(seconds: number): void {
    const ticks$ = interval(Math.min(LOOK_EVERY_MS, (seconds * 1000) / LOOKS_PER_LIMIT));
    sweep(ticks$, this.shutdown.begun$, this.logger, 'whether anything is done is not known', async () => {
      if (await this.isBusy()) this.busyAt = this.clock.now();
      else if (this.clock.now().getTime() - this.busyAt.getTime() >= seconds * 1000) this.end();
    });
    this.requests.count$.subscribe((count) => {
      this.openRequests = count;
      this.busyAt = this.clock.now();
    });
  }

  private async isBusy(): Promise<boolean> {
    if (this.openRequests > 0) return true;
    const [row] = await this.database.query<{ isAtWork: boolean }>(IS_AT_WORK);
    return row!.isAtWork;
  }

  private end(): void {
    this.logger.log('nothing has been done for a while: the daemon ends');
    process.kill(process.pid, 'SIGTERM');
  }
}
