import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { interval } from 'rxjs';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { Clock } from '../../domain/clock.js';
import { Database } from '../persistence/database.js';
import { SETTLED_MESSAGE } from './event.row.js';
import { Piece, Querying } from './piece.js';

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
       and d.type in ('message.delta', 'message.reasoning_delta', 'tool_call.drafted')
       and d.data->>'message_id' = s.message_id
    returning 1
  )
  select created_at, session_id, seq, (select count(*) from gone) as deleted
    from settled order by created_at desc, session_id desc, seq desc limit 1`;

/** The function of that release; with an empty list it sends no notices. */
const APPEND = `select append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '{}') as numbers`;

/**
 * Deltas as the release before stores them: JSON in `events`, where its processes read them. Stored so only beside
 * such processes, and deleted when they are due. The next release can do without this class.
 */
@Injectable()
export class PreviousDeltas implements OnApplicationBootstrap {
  private readonly logger = new Logger(PreviousDeltas.name);
  private walked = BEGINNING;

  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = interval(INTERVAL_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'older deltas could not be pruned', () => this.prune());
  }

  /** @returns the number of each piece; null where its token is outdated */
  async append(
    connection: Querying,
    bySession: readonly (readonly [sessionId: string, Piece[]])[],
    createdAt: Date,
    reserve: number,
  ): Promise<(string | null)[]> {
    const ordered = bySession.flatMap(([, ofSession]) => ofSession);
    const [row] = (await connection.query(APPEND, [
      bySession.map(([sessionId]) => sessionId),
      bySession.map(([, ofSession]) => ofSession.length),
      bySession.map(() => null),
      ordered.map((piece) => piece.runId),
      ordered.map((piece) => piece.type),
      ordered.map((piece) => JSON.stringify(piece.data)),
      ordered.map((piece) => piece.heldBy),
      createdAt,
      reserve,
    ])) as { numbers: (string | null)[] }[];
    return row!.numbers;
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
