import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { JobOutbox } from '../application/job-outbox.js';
import { Delivery } from '../application/job-queue.js';

/** Skips locked rows: they are about to change, and the next sweep finds them if they still have to be sent. */
const TAKE = `
  with due as (
    select id from jobs
     where status = 'queued' and available_at <= $1 and (delivered_at is null or delivered_at <= $2)
     order by available_at limit $3 for no key update skip locked
  ), taken as (
    update jobs j set delivered_at = $1 from due where j.id = due.id returning j.id, j.version
  )
  select id as "jobId", version from taken order by id`;

@Injectable()
export class SqlJobOutbox extends JobOutbox {
  constructor(private readonly database: Database) {
    super();
  }

  async take(now: Date, lostBefore: Date, limit: number): Promise<Delivery[]> {
    return this.database.query<Delivery>(TAKE, [now, lostBefore, limit]);
  }

  async putBack(deliveries: readonly Delivery[]): Promise<void> {
    await this.database.query(
      `update jobs set delivered_at = null where id = any($1) and status = 'queued'`,
      [deliveries.map(({ jobId }) => jobId)],
    );
  }

  async nextDue(): Promise<Date | undefined> {
    const [row] = await this.database.query<{ due: Date | null }>(
      `select min(available_at) as due from jobs where status = 'queued' and delivered_at is null`,
    );
    return row?.due ?? undefined;
  }
}
