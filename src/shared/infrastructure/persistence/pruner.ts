import { Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Database } from './database.js';

const INTERVAL_MS = 60_000;

/** Which rows go when their time has come, and how many by one statement. */
export interface Pruning {
  readonly table: string;
  /** The columns of its primary key. */
  readonly key: readonly string[];
  /** The column by which a row is due, oldest first; an index has it. */
  readonly by: string;
  /** The newest value of it that is due, as SQL. */
  readonly until: string;
  readonly batch: number;
  /** What the log says of a sweep that fails. */
  readonly failure: string;
}

/** Deletes rows whose time has come, in batches, minute by minute. It skips locked ones: they are used at this moment. */
export abstract class Pruner implements OnApplicationBootstrap {
  private readonly logger = new Logger(this.constructor.name);
  private readonly statement: string;

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
    private readonly pruning: Pruning,
  ) {
    const { table, key, by, until, batch } = pruning;
    this.statement = `
      with due as (
        select ${key.join(', ')} from ${table} where ${by} <= ${until}
         order by ${by} limit ${batch} for update skip locked
      ), gone as (
        delete from ${table} t using due d where ${key.map((column) => `t.${column} = d.${column}`).join(' and ')} returning 1
      )
      select count(*) as deleted from gone`;
  }

  onApplicationBootstrap(): void {
    const ticks$ = interval(INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, this.pruning.failure, () => this.prune());
  }

  /** Deletes all that is due. @returns the number of deleted rows */
  async prune(): Promise<number> {
    let deleted = 0;
    for (;;) {
      const [batch] = await this.database.query<{ deleted: number }>(this.statement);
      deleted += batch!.deleted;
      if (batch!.deleted < this.pruning.batch) return deleted;
    }
  }
}
