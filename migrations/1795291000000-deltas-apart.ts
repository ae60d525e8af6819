import type { MigrationInterface, QueryRunner } from 'typeorm';

const SLOTS = Array.from({ length: 8 }, (_, slot) => slot);

/**
 * Deltas get a table of their own, in partitions that are filled one at a time and emptied whole. All partitions are made here,
 * so that the server needs no right to create tables.
 */
export class DeltasApart1795291000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Columns in the order of their alignment: a row has no padding before its text.
    await runner.query(`
      CREATE TABLE deltas (
        session_id uuid NOT NULL,
        run_id uuid NOT NULL,
        message_id uuid NOT NULL,
        seq bigint NOT NULL,
        created_at timestamptz NOT NULL,
        text_offset integer NOT NULL,
        kind smallint NOT NULL,
        slot smallint NOT NULL,
        text text NOT NULL
      ) PARTITION BY LIST (slot)`);
    for (const slot of SLOTS) {
      // Rows are never changed, and removed by TRUNCATE: a vacuum after inserts would be in vain.
      await runner.query(
        `CREATE TABLE deltas_${slot} PARTITION OF deltas FOR VALUES IN (${slot})
           WITH (autovacuum_vacuum_insert_threshold = -1)`,
      );
    }
    await runner.query(`CREATE INDEX deltas_order ON deltas (session_id, seq)`);
    await runner.query(`
      CREATE TABLE delta_slots (
        slot smallint PRIMARY KEY,
        opened_at timestamptz,
        closed_at timestamptz,
        settled_at timestamptz,
        CONSTRAINT delta_slots_order CHECK (
          (opened_at IS NOT NULL OR closed_at IS NULL) AND (closed_at IS NOT NULL OR settled_at IS NULL)
        )
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX delta_slots_one_open ON delta_slots ((true)) WHERE opened_at IS NOT NULL AND closed_at IS NULL`,
    );
    await runner.query(
      `INSERT INTO delta_slots (slot, opened_at)
       SELECT slot, CASE slot WHEN 0 THEN now() END FROM generate_series(0, ${SLOTS.length - 1}) AS slot`,
    );
    await runner.query(`
      CREATE FUNCTION delta_type(_kind smallint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE _kind WHEN 1 THEN 'message.delta' END
      $$`);
    // For operators, tests, and where speed does not matter.
    await runner.query(`
      CREATE VIEW session_events AS
        SELECT session_id, seq, run_id, data ->> 'message_id' AS message_id, type, data, created_at FROM events
        UNION ALL
        SELECT session_id, seq, run_id, message_id::text, delta_type(kind),
               json_build_object('message_id', message_id, 'offset', text_offset, 'text', text), created_at
          FROM deltas`);
    await runner.query(APPEND_EVENTS);
    await runner.query(APPEND_DELTAS);
    await runner.query(NEXT_EVENTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP FUNCTION next_events`);
    await runner.query(`DROP FUNCTION append_deltas`);
    await runner.query(
      `DROP FUNCTION append_events (uuid[], int[], jsonb[], uuid[], text[], json[], timestamptz, int)`,
    );
    await runner.query(`DROP VIEW session_events`);
    await runner.query(`DROP FUNCTION delta_type`);
    await runner.query(`DROP TABLE delta_slots`);
    await runner.query(`DROP TABLE deltas`);
  }
}

/**
 * Appends events to their sessions' logs; see event-log.ts. Sessions come in the order of their ids, so that two batches
 * cannot deadlock, and events in the order of sessions. The function of the same name that also takes pieces of answers
 * and notifies is that of the release before.
 *
 * @returns the number of each session's last event
 */
const APPEND_EVENTS = `
  CREATE FUNCTION append_events(
    _sessions uuid[], _counts int[], _writers jsonb[], _runs uuid[], _types text[], _data json[], _at timestamptz,
    _reserve int
  ) RETURNS bigint[] LANGUAGE plpgsql AS $$
  DECLARE
    _numbers bigint[];
    _broken boolean;
    _last bigint;
    _from int := 1;
    _to int;
  BEGIN
    FOR i IN 1 .. cardinality(_sessions) LOOP
      _to := _from + _counts[i] - 1;
      -- Before the lock: where another transaction enters the session meanwhile, numbers are left out, never given twice.
      _broken := NOT EXISTS (SELECT FROM unbroken_streams WHERE session_id = _sessions[i]);
      UPDATE event_streams
         SET last_seq = greatest(last_seq, CASE WHEN _broken THEN reserved_seq END) + _counts[i],
             reserved_seq = CASE
               WHEN _writers[i] IS NULL THEN reserved_seq
               ELSE greatest(last_seq, CASE WHEN _broken THEN reserved_seq END) + _counts[i] + _reserve
             END,
             writers = CASE
               WHEN _writers[i] IS NULL THEN writers ELSE jsonb_strip_nulls(writers || _writers[i])
             END
       WHERE session_id = _sessions[i] RETURNING last_seq INTO _last;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'session % has no stream', _sessions[i] USING ERRCODE = 'AR001';
      END IF;
      IF _broken THEN
        INSERT INTO unbroken_streams (session_id) VALUES (_sessions[i]) ON CONFLICT DO NOTHING;
      END IF;
      INSERT INTO events (session_id, seq, run_id, type, data, created_at)
        SELECT _sessions[i], _last - _counts[i] + n, run_id, type, data, _at
          FROM unnest(_runs[_from:_to], _types[_from:_to], _data[_from:_to]) WITH ORDINALITY
            AS e(run_id, type, data, n);
      _numbers[i] := _last;
      _from := _to + 1;
    END LOOP;
    RETURN _numbers;
  END $$`;

/**
 * Appends pieces of answers; see event-log.ts. All streams are locked first, in the order of their ids; the second statement
 * sees what the previous lock holders committed. A plan for any number of pieces, by the indexes, is made once per connection:
 * PostgreSQL would otherwise plan each call anew, which takes longer than the call.
 *
 * @returns the number of each piece; null where its token is outdated
 */
const APPEND_DELTAS = `
  CREATE FUNCTION append_deltas(
    _sessions uuid[], _runs uuid[], _messages uuid[], _offsets int[], _texts text[], _held_by uuid[], _at timestamptz,
    _reserve int
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
        FROM unnest(_sessions, _runs, _messages, _offsets, _texts, _held_by) WITH ORDINALITY
               AS piece(session_id, run_id, message_id, text_offset, text, held_by, n)
        JOIN event_streams s ON s.session_id = piece.session_id
        LEFT JOIN unbroken_streams u ON u.session_id = piece.session_id
       WHERE s.writers ->> piece.run_id::text = piece.held_by::text
    ), stored AS (
      INSERT INTO deltas (session_id, run_id, message_id, seq, created_at, text_offset, kind, slot, text)
        SELECT session_id, run_id, message_id, seq, _at, text_offset, 1,
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

/** Each partition is read by itself, in the order of its index: PostgreSQL would sort all that follows the cursor. */
const NEXT_DELTAS = SLOTS.map(
  (slot) => `
        (SELECT d.seq, d.run_id, delta_type(d.kind), NULL, d.message_id, d.text_offset, d.text, d.created_at, octet_length(d.text)
           FROM deltas_${slot} d WHERE d.session_id = _session AND d.seq > _after ORDER BY d.seq LIMIT _most)`,
);

/**
 * The next rows of a session's log, in order: an event has data, a delta has columns. Without the setting, a plan that was
 * made while a partition was empty would scan it whole once it is filled again.
 *
 * @returns also the size of each in bytes: the stored one is real for small rows only, since PostgreSQL compresses large ones
 */
const NEXT_EVENTS = `
  CREATE FUNCTION next_events(_session uuid, _after bigint, _most int)
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
        UNION ALL ${NEXT_DELTAS.join(' UNION ALL ')}
      ) AS log ORDER BY log.seq LIMIT _most;
  END $$`;
