import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Database } from '../persistence/database.js';
import { sqlStateOf } from '../persistence/database-errors.js';
import { SqlTransaction } from '../persistence/sql-transaction.js';
import { SETTLED_MESSAGE } from './event.row.js';

const INTERVAL_MS = 60_000;

/** A slot takes deltas for this part of the retention, and at least for a minute. */
const SLOTS_PER_RETENTION = 4;
const SHORTEST_SECONDS = 60;

/** A flush ends much sooner: after this time no flush writes to a slot that was closed meanwhile. */
const LONGEST_FLUSH_SECONDS = 60;

/** PostgreSQL's manual, appendix A: `lock_not_available`. */
const LOCKED = '55P03';

/** The partition of `deltas` with the rows of a slot. */
const partitionOf = (slot: number): string => `deltas_${slot}`;

/** How long the lock of a slot may delay new readers and writers while it waits for present ones. */
const LOCK_TIMEOUT = '100ms';

/**
 * Of all processes that do this at once, one finds the open slot still open. Without an empty slot the open one stays open.
 * A time in the future says that the clock of the database was set back: it counts as past, here and below.
 */
const ROTATE = `
  with closed as (
    update delta_slots set closed_at = now()
     where opened_at is not null and closed_at is null
       and opened_at not between now() - make_interval(secs => $1) and now()
       and exists (select from delta_slots where opened_at is null)
    returning slot
  )
  update delta_slots set opened_at = now()
   where slot = (select min(slot) from delta_slots where opened_at is null) and exists (select from closed)`;

const CLOSED = `closed_at not between now() - make_interval(secs => ${LONGEST_FLUSH_SECONDS}) and now() and settled_at is null`;

/** The runs that may have an open message. This reads all streams: 0.2 s for a million. */
const LIVE_RUNS = `
  select session_id, run_id from event_streams cross join lateral jsonb_object_keys(writers) as writer(run_id)
   where writers <> '{}'`;

interface LiveRun {
  readonly session_id: string;
  readonly run_id: string;
}

/** $1 and $2 of `hasOpenMessage`. */
const columnsOf = (runs: readonly LiveRun[]): string[][] => [
  runs.map(({ session_id }) => session_id),
  runs.map(({ run_id }) => run_id),
];

/**
 * Whether the newest message of a live run in a slot is open; earlier ones are over. `coalesce` makes the inner test a look
 * into the index for each run: PostgreSQL turns NOT EXISTS into a join with all of `events`.
 */
const hasOpenMessage = (slot: number): string => `
  exists (
    select from unnest($1::uuid[], $2::uuid[]) as live(session_id, run_id)
     cross join lateral (
       select message_id, seq from ${partitionOf(slot)} d
        where d.session_id = live.session_id and d.run_id = live.run_id
        order by seq desc limit 1
     ) as newest
     where not coalesce((
       select true from events e
        where e.session_id = live.session_id and e.seq > newest.seq and ${SETTLED_MESSAGE}
          and e.data->>'message_id' = newest.message_id::text
        limit 1), false))`;

const settle = (slot: number): string =>
  `update delta_slots set settled_at = now() where slot = ${slot} and ${CLOSED} and not ${hasOpenMessage(slot)}`;

const DUE = `settled_at not between now() - make_interval(secs => $1) and now()`;

const FREE = 'update delta_slots set opened_at = null, closed_at = null, settled_at = null where slot = $1';

/** The retention begins when the message has ended. */
const UNSETTLE = 'update delta_slots set settled_at = null where slot = $1';

/**
 * Deletes the deltas of messages that were completed or discarded long enough ago: `message.completed` carries the whole
 * content.
 *
 * The partitions of `deltas` are slots. One is open: flushes write to it. It is closed for the lowest empty one after a
 * part of the retention, settled when the last message in it is over, and emptied by TRUNCATE when that was longer than the
 * retention ago. Each step is safe when several processes do it at once.
 */
@Injectable()
export class DeltaPruner implements OnApplicationBootstrap {
  private readonly logger = new Logger(DeltaPruner.name);

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = interval(INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'deltas could not be pruned', () => this.prune());
  }

  /** Takes every slot as far as it is due. @returns the slots that were emptied */
  async prune(): Promise<number[]> {
    const retention = this.config.eventDeltaRetentionSeconds;
    await this.database.query(ROTATE, [Math.max(SHORTEST_SECONDS, retention / SLOTS_PER_RETENTION)]);
    await this.settleClosed();
    const due = await this.database.query<{ slot: number }>(
      `select slot from delta_slots where ${DUE} order by slot`,
      [retention],
    );
    const emptied: number[] = [];
    for (const { slot } of due) if (await this.empty(slot, retention)) emptied.push(slot);
    return emptied;
  }

  private async settleClosed(): Promise<void> {
    const closed = await this.database.query<{ slot: number }>(
      `select slot from delta_slots where ${CLOSED}`,
    );
    if (closed.length === 0) return;
    const live = columnsOf(await this.database.query<LiveRun>(LIVE_RUNS));
    for (const { slot } of closed) await this.database.query(settle(slot), live);
  }

  /**
   * Looks for open messages again under the lock, since a flush that was frozen may have come after the slot was settled. A
   * run that can have written to the slot became live before it was closed: runs that begin after the query need no look.
   *
   * @returns false where another process does it, readers have kept the partition locked, or a message in it is open
   */
  private async empty(slot: number, retention: number): Promise<boolean> {
    const connection = await this.database.connect();
    const sql = new SqlTransaction(connection.client);
    try {
      const [mine] = await sql.query(
        `select slot from delta_slots where slot = $2 and ${DUE} for update skip locked`,
        [retention, slot],
      );
      let isOver = false;
      if (mine) {
        const live = columnsOf(await sql.query<LiveRun>(LIVE_RUNS));
        sql.write({ text: `set local lock_timeout = '${LOCK_TIMEOUT}'`, values: [] });
        sql.write({ text: `lock table ${partitionOf(slot)} in access exclusive mode`, values: [] });
        const [found] = await sql.query<{ open: boolean }>(`select ${hasOpenMessage(slot)} as open`, live);
        isOver = !found!.open;
        if (isOver) sql.write({ text: `truncate ${partitionOf(slot)}`, values: [] });
        sql.write({ text: isOver ? FREE : UNSETTLE, values: [slot] });
      }
      await sql.commit();
      return isOver;
    } catch (error) {
      const reason = await sql.rollBack(error);
      if (sqlStateOf(reason) === LOCKED) return false;
      throw reason;
    } finally {
      await connection.release();
    }
  }
}
