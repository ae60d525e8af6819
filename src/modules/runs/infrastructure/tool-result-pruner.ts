import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { sweep } from '../../../shared/application/sweep.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';

const INTERVAL_MS = 60_000;
/** A row may have 8 MB. */
const BATCH = 50;

const PRUNE = `
  with due as (
    select call_id from tool_results where expires_at <= now()
     order by expires_at limit ${BATCH} for update skip locked
  ), gone as (
    delete from tool_results r using due d where r.call_id = d.call_id returning 1
  )
  select count(*) as deleted from gone`;

/** Deletes the results of tools that were kept long enough, or whose session was deleted. */
@Injectable()
export class ToolResultPruner implements OnApplicationBootstrap {
  private readonly logger = new Logger(ToolResultPruner.name);

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = interval(INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'results of tools could not be pruned', () =>
      this.prune(),
    );
  }

  /** Deletes all that is due. @returns the number of deleted results */
  async prune(): Promise<number> {
    let deleted = 0;
    for (;;) {
      const [batch] = await this.database.query<{ deleted: number }>(PRUNE);
      deleted += batch!.deleted;
      if (batch!.deleted < BATCH) return deleted;
    }
  }
}
