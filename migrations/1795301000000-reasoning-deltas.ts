import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pieces of a model's reasoning are deltas of a kind of their own. */
export class ReasoningDeltas1795301000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION delta_type(_kind smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE _kind WHEN 1 THEN 'message.delta' WHEN 2 THEN 'message.reasoning_delta' END
      $$`);
    await runner.query(APPEND_DELTAS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP FUNCTION append_deltas (uuid[], uuid[], uuid[], smallint[], int[], text[], uuid[], timestamptz, int)`,
    );
    await runner.query(`DELETE FROM deltas WHERE kind = 2`);
    await runner.query(`
      CREATE OR REPLACE FUNCTION delta_type(_kind smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE _kind WHEN 1 THEN 'message.delta' END
      $$`);
  }
}

/**
 * Appends pieces of answers; see event-log.ts. All streams are locked first, in the order of their ids; the second statement
 * sees what the previous lock holders committed. A plan for any number of pieces, by the indexes, is made once per connection:
 * PostgreSQL would otherwise plan each call anew, which takes longer than the call. The function without kinds is that of the
 * builds before.
 *
 * @returns the number of each piece; null where its token is outdated
 */
const APPEND_DELTAS = `
  CREATE FUNCTION append_deltas(
    _sessions uuid[], _runs uuid[], _messages uuid[], _kinds smallint[], _offsets int[], _texts text[], _held_by uuid[],
    _at timestamptz, _reserve int
  ) RETURNS bigint[] LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
  DECLARE
    _numbers bigint[];
    _exceed boolean;
  BEGIN
    PERFORM FROM event_streams WHERE session_id = ANY (_sessions) ORDER BY session_id FOR UPDATE;
    WITH accepted AS (
      SELECT piece.*, s.reserved_seq, u.session_id IS NULL AS broken,
             CASE WHEN u.session_id IS NULL THEN greatest(s.last_seq, s.reserved_seq) ELSE s.last_seq END
               + row_number() OVER (PARTITION BY piece.session_id ORDER BY piece.n) AS seq
        FROM unnest(_sessions, _runs, _messages, _kinds, _offsets, _texts, _held_by) WITH ORDINALITY
               AS piece(session_id, run_id, message_id, kind, text_offset, text, held_by, n)
        JOIN event_streams s ON s.session_id = piece.session_id
        LEFT JOIN unbroken_streams u ON u.session_id = piece.session_id
       WHERE s.writers ->> piece.run_id::text = piece.held_by::text
    ), stored AS (
      INSERT INTO deltas (session_id, run_id, message_id, seq, created_at, text_offset, kind, slot, text)
        SELECT session_id, run_id, message_id, seq, _at, text_offset, kind,
               (SELECT slot FROM delta_slots WHERE opened_at IS NOT NULL AND closed_at IS NULL), text
          FROM accepted
    ), numbered AS (
      UPDATE event_streams s
         SET last_seq = a.seq,
             reserved_seq = CASE WHEN a.seq > s.reserved_seq THEN a.seq + _reserve ELSE s.reserved_seq END
        FROM (SELECT session_id, max(seq) AS seq FROM accepted GROUP BY session_id) AS a
       WHERE s.session_id = a.session_id
    ), entered AS (
      INSERT INTO unbroken_streams (session_id) SELECT session_id FROM accepted WHERE broken ON CONFLICT DO NOTHING
    )
    SELECT array_agg(a.seq ORDER BY n), bool_or(a.seq > a.reserved_seq) INTO _numbers, _exceed
      FROM generate_series(1, cardinality(_sessions)) AS n LEFT JOIN accepted a USING (n);
    IF _exceed THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    RETURN _numbers;
  END $$`;
