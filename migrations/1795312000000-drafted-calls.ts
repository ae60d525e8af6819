import type { MigrationInterface, QueryRunner } from 'typeorm';

const SLOTS = Array.from({ length: 8 }, (_, slot) => slot);

/**
 * Calls that a model has begun to write are stored beside the pieces of answers, as a kind of their own: their text is the data
 * of the event.
 */
export class DraftedCalls1795312000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION delta_type(_kind smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE _kind
          WHEN 1 THEN 'message.delta' WHEN 2 THEN 'message.reasoning_delta' WHEN 3 THEN 'tool_call.drafted'
        END
      $$`);
    await runner.query(
      viewOf(`
      CASE kind WHEN 3 THEN text::json
      ELSE json_build_object('message_id', message_id, 'offset', text_offset, 'text', text) END`),
    );
    await runner.query(nextEvents('CASE d.kind WHEN 3 THEN d.text::json END'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM deltas WHERE kind = 3`);
    await runner.query(nextEvents('NULL'));
    await runner.query(
      viewOf(`json_build_object('message_id', message_id, 'offset', text_offset, 'text', text)`),
    );
    await runner.query(`
      CREATE OR REPLACE FUNCTION delta_type(_kind smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE _kind WHEN 1 THEN 'message.delta' WHEN 2 THEN 'message.reasoning_delta' END
      $$`);
  }
}

/** For operators, tests, and where speed does not matter. @param data of a row of `deltas` */
const viewOf = (data: string) => `
  CREATE OR REPLACE VIEW session_events AS
    SELECT session_id, seq, run_id, data ->> 'message_id' AS message_id, type, data, created_at FROM events
    UNION ALL
    SELECT session_id, seq, run_id, message_id::text, delta_type(kind), ${data}, created_at
      FROM deltas`;

/**
 * The next rows of a session's log, in order: an event has data, a delta has columns, and a drafted call has both. Each
 * partition is read by itself, in the order of its index: PostgreSQL would sort all that follows the cursor. Without the
 * setting, a plan that was made while a partition was empty would scan it whole once it is filled again.
 *
 * @param data of a row of `deltas`
 * @returns also the size of each in bytes: the stored one is real for small rows only, since PostgreSQL compresses large ones
 */
const nextEvents = (data: string) => `
  CREATE OR REPLACE FUNCTION next_events(_session uuid, _after bigint, _most int)
  RETURNS TABLE (
    seq bigint, run_id uuid, type text, data json, message_id uuid, text_offset int, text text,
    created_at timestamptz, size int
  ) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
  BEGIN
    RETURN QUERY
      SELECT * FROM (
        (SELECT e.seq, e.run_id, e.type, e.data, NULL::uuid, NULL::int, NULL::text, e.created_at,
                CASE WHEN pg_column_size(e.data) < 1500 THEN pg_column_size(e.data) ELSE octet_length(e.data::text) END
           FROM events e WHERE e.session_id = _session AND e.seq > _after ORDER BY e.seq LIMIT _most)
        ${SLOTS.map(
          (slot) => `UNION ALL
        (SELECT d.seq, d.run_id, delta_type(d.kind), ${data}, d.message_id, d.text_offset, d.text, d.created_at,
                octet_length(d.text)
           FROM deltas_${slot} d WHERE d.session_id = _session AND d.seq > _after ORDER BY d.seq LIMIT _most)`,
        ).join('')}
      ) AS log ORDER BY log.seq LIMIT _most;
  END $$`;
