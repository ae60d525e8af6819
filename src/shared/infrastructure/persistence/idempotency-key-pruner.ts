import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Database } from './database.js';
import { OLDEST_KEPT } from './idempotency-keys.js';

const INTERVAL_MS = 60_000;
const BATCH = 500;

/** Skips locked rows: a request is using that key again at this moment. */
const PRUNE = `
  with due as (
    select user_id, key from idempotency_keys where created_at <= ${OLDEST_KEPT}
     order by created_at limit ${BATCH} for update skip locked
  ), gone as (
    delete from idempotency_keys k using due d where k.user_id = d.user_id and k.key = d.key returning 1
  )
  select count(*) as deleted from gone`;

/** Deletes expired keys. */
@Injectable()
export class IdempotencyKeyPruner implements OnApplicationBootstrap {
  private readonly logger = new Logger(IdempotencyKeyPruner.name);

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = interval(INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'keys could not be pruned', () => this.prune());
  }

  /** Deletes all expired keys. @returns the number of deleted keys */
  async prune(): Promise<number> {
    let deleted = 0;
    for (;;) {
      const [batch] = await this.database.query<{ deleted: number }>(PRUNE);
      deleted += batch!.deleted;
      if (batch!.deleted < BATCH) return deleted;
    }
  }
}
