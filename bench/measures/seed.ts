import type { Sql } from '../machine/postgres.ts';

/** An event log of deltas and a history, as long conversations leave them behind. */
export interface Past {
  readonly messages: number;
  /** Of each message. */
  readonly characters: number;
  readonly events: number;
}

/** Gives a new session a past. Told apart from a real one only by how fast it was made. */
export async function seed(sql: Sql, sessionId: string, past: Past): Promise<void> {
  await sql.rows(
    `insert into messages (id, session_id, position, role, agent, content, created_at)
     select gen_random_uuid(), $1, n, case n % 2 when 1 then 'user' else 'assistant' end,
            case n % 2 when 1 then null else 'ask' end, repeat('word ', $3::integer / 5), now()
       from generate_series(1, $2::integer) as n`,
    [sessionId, past.messages, past.characters],
  );
  await sql.rows('update sessions set message_count = $2 where id = $1', [sessionId, past.messages]);
  const { table } = await sql.one<{ table: 'deltas' | null }>(`select to_regclass('deltas')::text as table`);
  await sql.rows(
    table === null
      ? `insert into events (session_id, seq, type, data, created_at)
         select $1::uuid, n, 'message.delta',
                json_build_object('message_id', $1::uuid, 'offset', n * 18, 'text', repeat('token ', 3)), now()
           from generate_series(1, $2::integer) as n` // a build from before that table, with --against
      : `insert into deltas (session_id, run_id, message_id, seq, created_at, text_offset, kind, slot, text)
         select $1, $1, $1, n, now(), n * 18, 1, 0, repeat('token ', 3)
           from generate_series(1, $2::integer) as n`,
    [sessionId, past.events],
  );
  await sql.rows('update event_streams set last_seq = $2 where session_id = $1', [sessionId, past.events]);
  await sql.rows(`vacuum analyze messages, ${table ?? 'events'}, sessions, event_streams`);
}
