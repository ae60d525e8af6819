import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { timer } from 'rxjs';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { sweep } from '../../../shared/application/sweep.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { idOfTime } from '../../../shared/infrastructure/persistence/id-of-time.js';
import { addToDays } from './usage-statements.js';

/** While processes of the release before are at work, they still settle calls without counting them. */
const INTERVAL_MS = 3_600_000;
/** A batch keeps calls of the same sessions waiting that are settled meanwhile. */
const BATCH = 500;

/** A call of an earlier release is settled later than its id is made, but not by a day. */
const DAY_AGO = idOfTime(`now() - interval '1 day'`);

/**
 * Counts the next calls after $1, and aborts titles whose outcome is lost: these belong to no work that another process goes on
 * with. One process does so at a time, and the row that says how far it has come is written in the same statement.
 */
const COUNT = `
  with place as materialized (
    select counted_through from usage_counting for update skip locked
  ), batch as materialized (
    select id from llm_calls
     where id > (select greatest(counted_through, $1) from place) and counted is null
       and (status <> 'started' or (purpose = 'title' and started_at < now() - interval '1 hour'))
     order by id limit ${BATCH}
  ), counted as (
    update llm_calls c set counted = true, finished_at = coalesce(finished_at, now()),
                           status = case status when 'started' then 'aborted' else status end
      from batch b where c.id = b.id and c.counted is null returning c.*
  ), added as (${addToDays('counted')}
  ), newest as (
    select id from batch order by id desc limit 1
  ), moved as (
    update usage_counting
       set counted_through = greatest(counted_through, least((select id from newest), ${DAY_AGO}))
     where exists (select from place)
  )
  select id from newest`;

const FROM_THE_START = '00000000-0000-0000-0000-000000000000';

/** Adds the calls that earlier releases have settled to the sums of their days, some at a time. */
@Injectable()
export class UsageCounter implements OnApplicationBootstrap {
  private readonly logger = new Logger(UsageCounter.name);

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = timer(0, INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'calls could not be counted', () => this.count());
  }

  /** Counts all calls that are not counted yet, unless another process is at it. */
  async count(): Promise<void> {
    for (let after: string | undefined = FROM_THE_START; after !== undefined;) {
      const [newest]: { id: string }[] = await this.database.query(COUNT, [after]);
      after = newest?.id;
    }
  }
}
