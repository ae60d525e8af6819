import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Database } from '../persistence/database.js';

const LOOK_EVERY_MS = 5_000;
/** A listening connection that is just being opened again is missed by one look. */
const LOOKS_IN_VAIN = 3;

/** Its listening connection has this name; that of this release has another one. */
const LOOK = `
  select exists (
    select from pg_stat_activity
     where datname = current_database() and application_name = 'agent-runtime events'
  ) as present`;

/**
 * Whether processes of the release before use this database, as during an upgrade. They read deltas in `events` and
 * listen to channels of their own. The next release can do without this class.
 */
@Injectable()
export class PreviousRelease implements OnApplicationBootstrap {
  private readonly logger = new Logger(PreviousRelease.name);
  isPresent = true;
  /** Looks in vain since it was seen last. The first look decides alone. */
  private missed = LOOKS_IN_VAIN - 1;

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    const ticks$ = interval(LOOK_EVERY_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'the release before could not be looked for', () =>
      this.look(),
    );
  }

  /** One of its processes was heard or found. */
  seen(): void {
    this.isPresent = true;
    this.missed = 0;
  }

  private async look(): Promise<void> {
    const [row] = await this.database.query<{ present: boolean }>(LOOK);
    if (row!.present) this.seen();
    else if (++this.missed >= LOOKS_IN_VAIN) this.isPresent = false;
  }
}
