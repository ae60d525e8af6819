import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Database } from '../persistence/database.js';
import { sqlStateOf } from '../persistence/database-errors.js';
import { SqlTransaction } from '../persistence/sql-transaction.js';
import { partitionOf } from './delta-slots.js';
import { SETTLED_MESSAGE } from './event.row.js';

const INTERVAL_MS = 60_000;

/** A slot takes deltas for this part of the retention, and at least for a minute. */
const SLOTS_PER_RETENTION = 4;
const SHORTEST_SECONDS = 60;

/** A flush ends much sooner: after this time none writes to the slot that was open when it began. */
const LONGEST_FLUSH_SECONDS = 60;

/** PostgreSQL's manual, appendix A: `lock_not_available`. */
const LOCKED = '55P03';

/** How long a slot may keep readers and writers waiting while it waits for those at work. */
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

/**
 * A slot is settled once no message with deltas in it is open. Only the newest message of a run that is in \`writers\` can
 * be.
 */
const SETTLE = `
  update delta_slots k set settled_at = now()
   where closed_at not between now() - make_interval(secs => ${LONGEST_FLUSH_SECONDS}) and now() and settled_at is null
     and not exists (
       select from event_streams s
        cross join lateral jsonb_object_keys(s.writers) as writer(run_id)
        cross join lateral (
          select message_id, seq from deltas d
           where d.slot = k.slot and d.session_id = s.session_id and d.run_id = writer.run_id::uuid
           order by seq desc limit 1
        ) as newest
        where s.writers <> '{}' and not exists (
          select from events e
           where e.session_id = s.session_id and e.seq > newest.seq and ${SETTLED_MESSAGE}
             and e.data->>'message_id' = newest.message_id::text))`;

const DUE = `settled_at not between now() - make_interval(secs => $1) and now()`;

/**
 * Deletes the deltas of messages that were completed or discarded long enough ago: `message.completed` carries the whole
 * content.
 *
 * The partitions of `deltas` are slots that are filled in turn. One is open: flushes write to it. It is closed for an
 * empty one after a part of the retention, settled when the last message in it is over, and emptied by TRUNCATE when that
 * was longer than the retention ago. Each step is safe when several processes do it at once.
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
    await this.database.query(SETTLE);
    const due = await this.database.query<{ slot: number }>(
      `select slot from delta_slots where ${DUE} order by slot`,
      [retention],
    );
    const emptied: number[] = [];
    for (const { slot } of due) if (await this.empty(slot, retention)) emptied.push(slot);
    return emptied;
  }

  /** @returns false where another process does it, or readers have kept the partition locked */
  private async empty(slot: number, retention: number): Promise<boolean> {
    const connection = await this.database.connect();
    const sql = new SqlTransaction(connection.client);
    try {
      const [mine] = await sql.query(
        `select slot from delta_slots where slot = $2 and ${DUE} for update skip locked`,
        [retention, slot],
      );
      if (mine) {
        sql.write({ text: `set local lock_timeout = '${LOCK_TIMEOUT}'`, values: [] });
        sql.write({ text: `truncate ${partitionOf(slot)}`, values: [] });
        sql.write({
          text: 'update delta_slots set opened_at = null, closed_at = null, settled_at = null where slot = $1',
          values: [slot],
        });
      }
      await sql.commit();
      return mine !== undefined;
    } catch (error) {
      const reason = await sql.rollBack(error);
      if (sqlStateOf(reason) === LOCKED) return false;
      throw reason;
    } finally {
      await connection.release();
    }
  }
}
