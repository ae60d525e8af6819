import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { openUnflushedSession } from '../../../src/shared/infrastructure/persistence/session-settings.js';

// The statements of release 0.1.0 on the log, as it sends them.

const APPEND = `select append_events($1, $2, $3, $4, $5, $6, $7, $8, 1000, 'agent_runtime_events', $9) as numbers`;

const READ_PAGE = `
  select seq, run_id, type, data, created_at, bytes
    from (select *, sum(size) over (order by seq)::int as bytes
            from (select *, case when pg_column_size(data) < 1500 then pg_column_size(data) else octet_length(data::text) end as size from events
                   where session_id = $1 and seq > $2 order by seq limit 500) as e) as page
   where bytes - size < 1000000 order by seq`;

const FIND = `
  select session_id, seq, run_id, type, data, created_at
    from unnest($1::uuid[], $2::bigint[]) with ordinality as place(session_id, seq, ord)
    join events using (session_id, seq) order by ord`;

const HAS_DELTA = `select 1 from events
        where session_id = $1 and type = 'message.delta' and data->>'message_id' = $2
          and (data->>'offset')::integer >= $3 limit 1`;

const HORIZON = `select case when not exists (select from unbroken_streams u where u.session_id = s.session_id)
  then greatest(s.last_seq, s.reserved_seq) else s.last_seq end as horizon from event_streams s where session_id = $1`;

const FIND_SHOWN = `
  select data from events
   where session_id = $1 and type in ('message.started', 'message.delta') and data->>'message_id' = $2
     and exists (select from sessions where id = $1 and deleted_at is null)
   order by (data->>'offset')::integer nulls first`;

const PRUNE = `
  with settled as (
    select created_at, session_id, seq, data->>'message_id' as message_id from events
     where (type = ANY (ARRAY['message.completed'::text, 'message.discarded'::text])) and (created_at, session_id, seq) > ($1, $2, $3)
       and created_at <= now() - make_interval(secs => $4)
     order by created_at, session_id, seq limit 50
  ), gone as (
    delete from events d using settled s
     where d.session_id = s.session_id and d.seq < s.seq
       and d.type = 'message.delta' and d.data->>'message_id' = s.message_id
    returning 1
  )
  select created_at, session_id, seq, (select count(*) from gone) as deleted
    from settled order by created_at desc, session_id desc, seq desc limit 1`;

/** Channels of NOTIFY on which that release listens. */
export const CHANNELS = {
  events: 'agent_runtime_events',
  runs: 'agent_runtime_runs',
  jobs: 'agent_runtime_jobs',
} as const;

/** An event as that release gives it to the database; a piece of an answer has the token of its run's lease. */
export interface Given {
  readonly sessionId: string;
  readonly runId?: string | null;
  readonly type: string;
  readonly data: object;
  readonly token?: string;
}

interface Found {
  readonly seq: number;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** What a process of release 0.1.0 does with the log, under the name by which it is connected. */
export class PreviousRelease {
  readonly id = randomUUID();
  /** What it was notified of: channel and payload. */
  readonly notices: (readonly [channel: string, payload: string])[] = [];

  private constructor(private readonly client: Client) {
    client.on('notification', ({ channel, payload }) => this.notices.push([channel, payload ?? '']));
  }

  static async connect(url: string): Promise<PreviousRelease> {
    const client = new Client({ connectionString: url, application_name: 'agent-runtime events' });
    await client.connect();
    await openUnflushedSession(client);
    for (const channel of Object.values(CHANNELS)) await client.query(`listen ${channel}`);
    return new PreviousRelease(client);
  }

  /** Appends events of one session. @returns their numbers; null for a piece whose token is outdated */
  async append(events: readonly Given[], createdAt = new Date()): Promise<(number | null)[]> {
    const { sessionId } = events[0]!;
    const arePieces = events.some(({ token }) => token !== undefined);
    const rows = await this.query<{ numbers: (string | null)[] }>(APPEND, [
      [sessionId],
      [events.length],
      [null],
      events.map(({ runId }) => runId ?? null),
      events.map(({ type }) => type),
      events.map(({ data }) => JSON.stringify(data)),
      arePieces ? events.map(({ token }) => token) : null,
      createdAt,
      [`${this.id} ${sessionId}`],
    ]);
    return rows[0]!.numbers.map((seq) => (seq === null ? null : Number(seq)));
  }

  /** What its readers of a session are sent. */
  async read(sessionId: string, after = 0): Promise<Found[]> {
    const rows = await this.query<Omit<Found, 'seq'> & { seq: string }>(READ_PAGE, [sessionId, after]);
    return rows.map(({ seq, type, data }) => ({ seq: Number(seq), type, data }));
  }

  async find(sessionId: string, seqs: readonly number[]): Promise<string[]> {
    const rows = await this.query<Found>(FIND, [seqs.map(() => sessionId), seqs]);
    return rows.map(({ type }) => type);
  }

  async hasDelta(sessionId: string, messageId: string, offset: number): Promise<boolean> {
    return (await this.query(HAS_DELTA, [sessionId, messageId, offset])).length > 0;
  }

  async horizon(sessionId: string): Promise<number> {
    const [row] = await this.query<{ horizon: string }>(HORIZON, [sessionId]);
    return Number(row!.horizon);
  }

  /** What of a message it keeps when a run is interrupted or cancelled. */
  async shown(sessionId: string, messageId: string): Promise<string> {
    const [, ...pieces] = await this.query<{ data: { text: string } }>(FIND_SHOWN, [sessionId, messageId]);
    return pieces.map(({ data }) => data.text).join('');
  }

  /** Deletes the deltas of messages that are over for an hour. */
  async prune(): Promise<void> {
    await this.query(PRUNE, [new Date(0), '00000000-0000-0000-0000-000000000000', 0, 3600]);
  }

  /** Marks a run as to be cancelled, and tells the process that executes it. */
  async cancel(runId: string): Promise<void> {
    await this.client.query('begin');
    await this.query('update runs set cancel_requested_at = now() where id = $1', [runId]);
    await this.query(`select pg_notify('${CHANNELS.runs}', $1)`, [runId]);
    await this.client.query('commit');
  }

  async end(): Promise<void> {
    await this.client.end();
  }

  private async query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return (await this.client.query<Row>(sql, parameters)).rows;
  }
}
