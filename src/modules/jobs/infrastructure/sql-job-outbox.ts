import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { JobOutbox } from '../application/job-outbox.js';
import { Delivery } from '../application/job-queue.js';

/** Instead of the disk's answer: where a crash of PostgreSQL undoes a mark, the message is sent again. */
const UNFLUSHED = `set_config('synchronous_commit', 'off', true) as unflushed`;

/** Skips locked rows: they are about to change, and the next sweep finds them if they still have to be sent. */
const TAKE = `
  with due as (
    select id from jobs, ${UNFLUSHED}
     where status = 'queued' and available_at <= now()
       and (delivered_at is null or delivered_at <= now() - make_interval(secs => $1))
     order by available_at limit $2 for no key update of jobs skip locked
  ), taken as (
    update jobs j set delivered_at = now() from due where j.id = due.id returning j.id, j.version
  )
  select id as "jobId", version from taken order by id`;

/** The ids and versions of deliveries: a later attempt has another version, and a message of its own. */
const DELIVERIES = 'unnest($1::uuid[], $2::int[]) as delivery(id, version)';

/** Skips locked rows: their jobs are being started. */
const MARK = `
  with sent as (
    select id from jobs join ${DELIVERIES} using (id, version), ${UNFLUSHED}
     where delivered_at is null for no key update of jobs skip locked
  )
  update jobs j set delivered_at = now() from sent where j.id = sent.id`;

const PUT_BACK = `
  update jobs j set delivered_at = null from ${DELIVERIES}
   where j.id = delivery.id and j.version = delivery.version`;

const parametersOf = (deliveries: readonly Delivery[]) => [
  deliveries.map(({ jobId }) => jobId),
  deliveries.map(({ version }) => version),
];

@Injectable()
export class SqlJobOutbox extends JobOutbox {
  constructor(private readonly database: Database) {
    super();
  }

  async take(lostAfterSeconds: number, limit: number): Promise<Delivery[]> {
    return this.database.query<Delivery>(TAKE, [lostAfterSeconds, limit]);
  }

  async markSent(deliveries: readonly Delivery[]): Promise<void> {
    await this.database.query(MARK, parametersOf(deliveries));
  }

  async putBack(deliveries: readonly Delivery[]): Promise<void> {
    await this.database.query(PUT_BACK, parametersOf(deliveries));
  }

  async msToNextDue(): Promise<number | undefined> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `select extract(epoch from min(available_at) - now())::float8 * 1000 as ms
         from jobs where status = 'queued' and delivered_at is null`,
    );
    return row?.ms ?? undefined;
  }
}
