import { Injectable } from '@nestjs/common';
import { StoredEvent } from '../../application/event-stream.js';
import { Clock } from '../../domain/clock.js';
import { DomainEvent } from '../../domain/domain-event.js';
import { JsonObject } from '../../domain/json.js';
import { Database } from '../persistence/database.js';
import { InstanceId } from '../../application/instance-id.js';

/** The channel that tells other processes which sessions have something new. */
export const EVENTS_CHANNEL = 'agent_runtime_events';

/** A payload must stay below 8000 bytes (PostgreSQL's manual, NOTIFY); a session id takes 37. */
const SESSIONS_PER_NOTICE = 200;

/** Where in the log an event is. */
export type EventPlace = Pick<StoredEvent, 'sessionId' | 'seq'>;

interface EventRecord {
  readonly seq: number;
  readonly run_id: string | null;
  readonly type: string;
  readonly data: JsonObject;
  readonly created_at: Date;
}

/** So many numbers are set aside for deltas at once: it costs a wait for the disk. */
const RESERVED_AHEAD = 1000;

/**
 * The number after which the next event comes. After a crash of PostgreSQL that is the end of what was set aside, and not
 * the last number it remembers: deltas are shown before they have reached the disk, and no number that a client has seen
 * is ever given to another event. It knows of a crash by `unbroken_streams`, a table that PostgreSQL itself empties then.
 */
const BROKEN = `not exists (select from unbroken_streams u where u.session_id = s.session_id)`;
const BASE = `case when ${BROKEN} then greatest(s.last_seq, s.reserved_seq) else s.last_seq end`;

/**
 * Appends to all sessions of the batch in one statement. The row of event_streams is locked until the commit, so
 * numbers are given in the order of commits: a reader that has seen n will never find a smaller one later. (A sequence
 * would give no such promise.) Rows are locked in the order of their ids, so two batches cannot deadlock. Under that
 * lock it is decided as well whose pieces of answers are taken: a process that lost a run cannot add to its answer.
 *
 * Numbers are set aside when a message begins, for the deltas that follow. Where these need more, this one commit of
 * theirs waits for the disk.
 */
const APPEND = `
  with batch as (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::json[], $7::uuid[], $8::uuid[])
           with ordinality as b(session_id, run_id, type, data, next_writer, held_by, ord)
  ), locked as (
    select session_id, writers, ${BASE} as base, ${BROKEN} as broken from event_streams s
     where session_id = any($1::uuid[]) order by session_id for update
  ), taken as (
    select b.*, row_number() over (partition by b.session_id order by b.ord) as nth
      from batch b join locked l using (session_id)
     where b.held_by is null or l.writers ->> b.run_id::text = b.held_by::text
  ), counts as (
    select session_id, count(*) as events, bool_or(held_by is not null) as unsecured,
           jsonb_object_agg(run_id, next_writer order by ord) filter (where next_writer is not null) as writers,
           array_agg(run_id::text) filter (where type = 'run.finished') as ended
      from taken group by session_id
  ), streams as (
    update event_streams s
       set last_seq = l.base + c.events,
           reserved_seq = case when c.writers is not null or c.unsecured and l.base + c.events > s.reserved_seq
                               then l.base + c.events + ${RESERVED_AHEAD} else s.reserved_seq end,
           writers = (s.writers || coalesce(c.writers, '{}')) - coalesce(c.ended, '{}')
      from counts c join locked l using (session_id) where s.session_id = c.session_id
     returning s.session_id, l.base, l.broken,
               c.unsecured and s.reserved_seq = s.last_seq + ${RESERVED_AHEAD} as raised
  ), secured as (
    select count(set_config('synchronous_commit', 'on', true)) from streams where raised
  ), marked as (
    insert into unbroken_streams (session_id) select session_id from streams where broken on conflict do nothing
  ), inserted as (
    insert into events (session_id, seq, run_id, type, data, created_at)
    select t.session_id, s.base + t.nth, t.run_id, t.type, t.data, $5
      from taken t join streams s using (session_id)
    returning 1
  ), notified as (
    select count(pg_notify('${EVENTS_CHANNEL}', n)) as notices from unnest($6::text[]) as n
  )
  select t.ord::int as ord, s.base + t.nth as seq
    from taken t join streams s using (session_id), notified, secured,
         (select require_rows(count(*), $9) from inserted) as written
   order by t.ord`;

const PAGE_EVENTS = 500;
const PAGE_BYTES = 1_000_000;

/** Limited in events and in (compressed) bytes, since one event may hold a whole file; always at least one event. */
const READ_PAGE = `
  select seq, run_id, type, data, created_at, bytes
    from (select *, sum(pg_column_size(data)) over (order by seq)::int as bytes
            from (select * from events where session_id = $1 and seq > $2 order by seq limit ${PAGE_EVENTS}) as e) as page
   where bytes - pg_column_size(data) < ${PAGE_BYTES} order by seq`;

const FIND = `
  select session_id, seq, run_id, type, data, created_at
    from unnest($1::uuid[], $2::bigint[]) with ordinality as place(session_id, seq, ord)
    join events using (session_id, seq) order by ord`;

/** A part of the log that fits into memory. */
export interface LogPage {
  readonly events: readonly StoredEvent[];
  /** Nothing stood behind it when it was read. */
  readonly isLast: boolean;
}

/** A piece of an answer, which counts only while the run is its writer's. */
export type Piece = DomainEvent & { readonly heldBy: string };

/** What can run a statement: the connection of a transaction, or one of its own. */
interface Querying {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}

/** The table of events: appending, and reading in order. */
@Injectable()
export class EventLog {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly instance: InstanceId,
  ) {}

  /**
   * Appends in the order given and notifies other processes; both take effect with the surrounding commit. It fails in
   * the database where a session has no stream, which is a defect.
   */
  append(connection: Querying, events: readonly DomainEvent[]): Promise<StoredEvent[]> {
    return this.appendTaken(connection, events, events.length);
  }

  /** The same for pieces of answers; those whose run has another owner by now are left out. */
  appendPieces(connection: Querying, pieces: readonly Piece[]): Promise<StoredEvent[]> {
    return this.appendTaken(connection, pieces, null);
  }

  private async appendTaken(
    connection: Querying,
    events: readonly (DomainEvent & Partial<Piece>)[],
    required: number | null,
  ): Promise<StoredEvent[]> {
    if (events.length === 0) return [];
    const createdAt = this.clock.now();
    const rows = (await connection.query(APPEND, [
      events.map((event) => event.sessionId),
      events.map((event) => event.runId),
      events.map((event) => event.type),
      events.map((event) => JSON.stringify(event.data)),
      createdAt,
      this.notices(events),
      events.map((event) => event.writer ?? null),
      events.map((event) => event.heldBy ?? null),
      required,
    ])) as { ord: number; seq: number }[];
    return rows.map(({ ord, seq }) => {
      const { sessionId, runId, type, data } = events[ord - 1]!;
      return { sessionId, runId, type, data, seq, createdAt };
    });
  }

  /** Whether a piece of a message that begins at `offset`, or a later one, is stored. */
  async hasDelta(sessionId: string, messageId: string, offset: number): Promise<boolean> {
    const rows = await this.database.query(
      `select 1 from events
        where session_id = $1 and type = 'message.delta' and data->>'message_id' = $2
          and (data->>'offset')::integer >= $3 limit 1`,
      [sessionId, messageId, offset],
    );
    return rows.length > 0;
  }

  /** The next events after `after`, in order: a page that fits into memory. */
  async readPage(sessionId: string, after: number): Promise<LogPage> {
    const rows = await this.database.query<EventRecord & { readonly bytes: number }>(READ_PAGE, [
      sessionId,
      after,
    ]);
    return {
      events: rows.map((row) => toStoredEvent(sessionId, row)),
      isLast: rows.length < PAGE_EVENTS && (rows.at(-1)?.bytes ?? 0) < PAGE_BYTES,
    };
  }

  /** Events by their places, in the order given. */
  async find(connection: Querying, places: readonly EventPlace[]): Promise<StoredEvent[]> {
    if (places.length === 0) return [];
    const rows = (await connection.query(FIND, [
      places.map((place) => place.sessionId),
      places.map((place) => place.seq),
    ])) as (EventRecord & { readonly session_id: string })[];
    if (rows.length !== places.length) throw new Error(`${places.length - rows.length} events are gone`);
    return rows.map((row) => toStoredEvent(row.session_id, row));
  }

  /** The number of the newest event; 0 where there is none. */
  async lastSeq(sessionId: string): Promise<number> {
    const [row] = await this.database.query<{ last_seq: number }>(
      'select last_seq from event_streams where session_id = $1',
      [sessionId],
    );
    return row?.last_seq ?? 0;
  }

  /** The highest number that a reader may have seen; 0 where there is none. */
  async horizon(sessionId: string): Promise<number> {
    const [row] = await this.database.query<{ horizon: number }>(
      `select ${BASE} as horizon from event_streams s where session_id = $1`,
      [sessionId],
    );
    return row?.horizon ?? 0;
  }

  private notices(events: readonly DomainEvent[]): string[] {
    const sessionIds = [...new Set(events.map((event) => event.sessionId))];
    const notices: string[] = [];
    for (let from = 0; from < sessionIds.length; from += SESSIONS_PER_NOTICE) {
      notices.push([this.instance.value, ...sessionIds.slice(from, from + SESSIONS_PER_NOTICE)].join(' '));
    }
    return notices;
  }
}

const toStoredEvent = (sessionId: string, row: EventRecord): StoredEvent => ({
  sessionId,
  seq: row.seq,
  runId: row.run_id,
  type: row.type,
  data: row.data,
  createdAt: row.created_at,
});
