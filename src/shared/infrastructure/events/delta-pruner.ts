import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Clock } from '../../domain/clock.js';
import { Database } from '../persistence/database.js';
import { SETTLED_MESSAGE } from './event.row.js';

const INTERVAL_MS = 60_000;
/** Messages per statement. Few, since each scans the events of its session, which may be long. */
const BATCH = 50;

/** Commits may become visible slightly out of time order: each sweep goes back by this much. */
const OVERLAP_MS = 60_000;

/** Position of a settled message's event in the index that the sweep reads. */
interface Place {
  readonly created_at: Date;
  readonly session_id: string;
  readonly seq: number;
}

const BEGINNING: Place = {
  created_at: new Date(0),
  session_id: '00000000-0000-0000-0000-000000000000',
  seq: 0,
};

const PRUNE = `
  with settled as (
    select created_at, session_id, seq, data->>'message_id' as message_id from events
     where ${SETTLED_MESSAGE} and (created_at, session_id, seq) > ($1, $2, $3)
       and created_at <= now() - make_interval(secs => $4)
     order by created_at, session_id, seq limit ${BATCH}
  ), gone as (
    delete from events d using settled s
     where d.session_id = s.session_id and d.seq < s.seq
       and d.type = 'message.delta' and d.data->>'message_id' = s.message_id
    returning 1
  )
  select created_at, session_id, seq, (select count(*) from gone) as deleted
    from settled order by created_at desc, session_id desc, seq desc limit 1`;

/**
 * Deletes the deltas of messages that were completed or discarded long enough ago: `message.completed` carries the
 * whole content. A process scans all messages once after its start, and then only new ones.
 */
@Injectable()
export class DeltaPruner implements OnApplicationBootstrap {
  private readonly logger = new Logger(DeltaPruner.name);
  private walked = BEGINNING;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = interval(INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'deltas could not be pruned', () => this.prune());
  }

  /** Deletes what is due. @returns the number of deleted events */
  async prune(): Promise<number> {
    const latest = this.clock.now().getTime() - this.config.eventDeltaRetentionSeconds * 1000;
    // The database's clock was set back: new messages may be earlier than this.
    if (this.walked.created_at.getTime() > latest) this.walked = BEGINNING;
    let deleted = 0;
    let place = { ...this.walked, created_at: new Date(this.walked.created_at.getTime() - OVERLAP_MS) };
    for (;;) {
      const [last] = await this.database.query<Place & { deleted: number }>(PRUNE, [
        ...[place.created_at, place.session_id, place.seq],
        this.config.eventDeltaRetentionSeconds,
      ]);
      if (!last) return deleted;
      deleted += last.deleted;
      place = this.walked = { created_at: last.created_at, session_id: last.session_id, seq: last.seq };
    }
  }
}
