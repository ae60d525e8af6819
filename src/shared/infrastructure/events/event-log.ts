import { Injectable } from '@nestjs/common';
import { StoredEvent } from '../../application/event-stream.js';
import { Clock } from '../../domain/clock.js';
import { DomainEvent } from '../../domain/domain-event.js';
import { Database } from '../persistence/database.js';
import { Piece, Querying } from './piece.js';
import { PreviousDeltas } from './previous-deltas.js';
import { PreviousRelease } from './previous-release.js';

/** The position of an event in the log. */
export type EventPlace = Pick<StoredEvent, 'sessionId' | 'seq'>;

/** Type and data were recorded together, so that a row can be cast to an event. */
interface EventRecord {
  readonly seq: number;
  readonly run_id: string | null;
  readonly type: StoredEvent['type'];
  readonly data: StoredEvent['data'];
  readonly created_at: Date;
}

/** A row of `deltas` with a text, whose data is not JSON. */
interface DeltaRecord extends Omit<EventRecord, 'data'> {
  readonly data: null;
  readonly message_id: string;
  readonly text_offset: number;
  readonly text: string;
}

/** How many numbers are reserved for deltas at once: a reservation costs a wait for the disk. */
const RESERVED_AHEAD = 1000;

/**
 * The number before the next event. After a crash of PostgreSQL that is the end of the reserved range, not the last
 * stored number: clients may have seen deltas that had not reached the disk, and a number that a client has seen is
 * never used again. `unbroken_streams` reveals a crash: it is an unlogged table, which PostgreSQL empties after one.
 */
const BASE = `case when not exists (select from unbroken_streams u where u.session_id = s.session_id)
  then greatest(s.last_seq, s.reserved_seq) else s.last_seq end`;

/**
 * The row of event_streams is locked until the commit, so that numbers follow the order of commits: a reader that has
 * seen n will never find a smaller one later. (A sequence does not guarantee that.) The same lock protects `writers`,
 * the tokens whose deltas are accepted: a process that has lost a run cannot add to its messages.
 *
 * Numbers for deltas are reserved when a message begins. If the deltas need more, the commit that reserves them waits
 * for the disk.
 */
const APPEND = `select append_events($1, $2, $3, $4, $5, $6, $7, ${RESERVED_AHEAD}) as numbers`;
const APPEND_DELTAS = `select append_deltas($1, $2, $3, $4, $5, $6, $7, $8, ${RESERVED_AHEAD}) as numbers`;

/** The names of the database function `delta_type`. */
const KINDS: Readonly<Record<Piece['type'], number>> = {
  'message.delta': 1,
  'message.reasoning_delta': 2,
  'tool_call.drafted': 3,
};

const PAGE_EVENTS = 500;
const PAGE_BYTES = 1_000_000;

/** Limited in events and in bytes, since one event may hold a whole file; at least one event. */
const READ_PAGE = `
  select * from (select *, sum(size) over (order by seq)::int as bytes from next_events($1, $2, ${PAGE_EVENTS})) as page
   where bytes - size < ${PAGE_BYTES} order by seq`;

const FIND = `
  select session_id, seq, run_id, type, data, created_at
    from unnest($1::uuid[], $2::bigint[]) with ordinality as place(session_id, seq, ord)
    join events using (session_id, seq) order by ord`;

/** A delta at the offset $4 or a later one, or the drafted call $5. */
const HAS_PIECE = `
  select from session_events
   where session_id = $1 and type = $2 and message_id = $3
     and ((data->>'offset')::integer >= $4 or data->>'call_id' = $5) limit 1`;

/** A page of the log that fits into memory. */
export interface LogPage {
  readonly events: readonly StoredEvent[];
  /** There were no events after this page when it was read. */
  readonly isLast: boolean;
}

/** The tables of events and deltas: appending, and reading in order. */
@Injectable()
export class EventLog {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly previousRelease: PreviousRelease,
    private readonly previousDeltas: PreviousDeltas,
  ) {}

  /**
   * Appends in the order given, with the surrounding commit, after which the caller tells the Announcer. The statement
   * fails if a session has no stream, which is a defect.
   */
  async append(connection: Querying, events: readonly DomainEvent[]): Promise<StoredEvent[]> {
    if (events.length === 0) return [];
    const createdAt = this.clock.now();
    const bySession = inOrder(events);
    const ordered = bySession.flatMap(([, ofSession]) => ofSession);
    const [row] = (await connection.query(APPEND, [
      bySession.map(([sessionId]) => sessionId),
      bySession.map(([, ofSession]) => ofSession.length),
      bySession.map(([, ofSession]) => writersAfter(ofSession)),
      ordered.map((event) => event.runId),
      ordered.map((event) => event.type),
      ordered.map((event) => JSON.stringify(event.data)),
      createdAt,
    ])) as { numbers: string[] }[];
    return bySession.flatMap(([, ofSession], index) => {
      const before = Number(row!.numbers[index]) - ofSession.length;
      return ofSession.map((event, n) => storedAt(event, before + 1 + n, createdAt));
    });
  }

  /** The same for deltas; those with an outdated token are dropped. */
  async appendPieces(connection: Querying, pieces: readonly Piece[]): Promise<StoredEvent[]> {
    if (pieces.length === 0) return [];
    const createdAt = this.clock.now();
    const bySession = inOrder(pieces);
    const numbers = this.previousRelease.isPresent
      ? await this.previousDeltas.append(connection, bySession, createdAt, RESERVED_AHEAD)
      : await appendDeltas(connection, bySession, createdAt);
    return bySession
      .flatMap(([, ofSession]) => ofSession)
      .flatMap((piece, index) => {
        const seq = numbers[index];
        return seq == null ? [] : [storedAt(piece, Number(seq), createdAt)];
      });
  }

  /** Whether a piece is stored, or a later one of its message and type. */
  async hasPiece({ type, sessionId, data }: Piece): Promise<boolean> {
    const [offset, callId] = 'offset' in data ? [data.offset, null] : [null, data.call_id];
    const place = [sessionId, type, data.message_id];
    return (await this.database.query(HAS_PIECE, [...place, offset, callId])).length > 0;
  }

  /** The next page of events after `after`, in order. */
  async readPage(sessionId: string, after: number): Promise<LogPage> {
    const rows = await this.database.query<(EventRecord | DeltaRecord) & { readonly bytes: number }>(
      READ_PAGE,
      [sessionId, after],
    );
    return {
      events: rows.map((row) => toStoredEvent(sessionId, row)),
      isLast: rows.length < PAGE_EVENTS && (rows.at(-1)?.bytes ?? 0) < PAGE_BYTES,
    };
  }

  /** Events of units of work by their positions, in the order given. */
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

  /** The same of many sessions; those without a stream are left out. */
  async lastSeqs(sessionIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ session_id: string; last_seq: number }>(
      'select session_id, last_seq from event_streams where session_id = any($1)',
      [sessionIds],
    );
    return new Map(rows.map((row) => [row.session_id, row.last_seq]));
  }

  /** The highest number that a reader may have seen; 0 where there is none. */
  async horizon(sessionId: string): Promise<number> {
    const [row] = await this.database.query<{ horizon: number }>(
      `select ${BASE} as horizon from event_streams s where session_id = $1`,
      [sessionId],
    );
    return row?.horizon ?? 0;
  }
}

/** By session, in a fixed order, so that two batches cannot deadlock. */
const inOrder = <Event extends DomainEvent>(events: readonly Event[]): [sessionId: string, Event[]][] =>
  [...Map.groupBy(events, (event) => event.sessionId)].toSorted(([a], [b]) => (a < b ? -1 : 1));

async function appendDeltas(
  connection: Querying,
  bySession: readonly [sessionId: string, Piece[]][],
  createdAt: Date,
): Promise<(string | null)[]> {
  const ordered = bySession.flatMap(([, ofSession]) => ofSession);
  const [row] = (await connection.query(APPEND_DELTAS, [
    ordered.map((piece) => piece.sessionId),
    ordered.map((piece) => piece.runId),
    ordered.map((piece) => piece.data.message_id),
    ordered.map((piece) => KINDS[piece.type]),
    ordered.map(({ data }) => ('offset' in data ? data.offset : 0)),
    ordered.map(({ data }) => ('text' in data ? data.text : JSON.stringify(data))),
    ordered.map((piece) => piece.heldBy),
    createdAt,
  ])) as { numbers: (string | null)[] }[];
  return row!.numbers;
}

/** Changes of the accepted writer tokens by these events, by run; null: no deltas are accepted any more. */
function writersAfter(events: readonly DomainEvent[]): string | null {
  const changes = new Map<string, string | null>();
  for (const { runId, type, writer } of events) {
    if (runId !== null && writer !== undefined) changes.set(runId, writer);
    if (runId !== null && type === 'run.finished') changes.set(runId, null);
  }
  if (changes.size === 0) return null;
  // Written as text: as the keys of objects, ids of runs would each make V8 keep a class of their own.
  return `{${[...changes].map(([runId, token]) => `${JSON.stringify(runId)}:${JSON.stringify(token)}`).join()}}`;
}

const storedAt = ({ sessionId, runId, type, data }: DomainEvent, seq: number, createdAt: Date): StoredEvent =>
  ({ sessionId, runId, type, data, seq, createdAt }) as StoredEvent;

const toStoredEvent = (sessionId: string, row: EventRecord | DeltaRecord): StoredEvent =>
  ({
    sessionId,
    seq: row.seq,
    runId: row.run_id,
    type: row.type,
    data: row.data ?? { message_id: row.message_id, offset: row.text_offset, text: row.text },
    createdAt: row.created_at,
  }) as StoredEvent;
