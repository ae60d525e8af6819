import type { MigrationInterface, QueryRunner } from 'typeorm';

export class StatementsInOneGo1795262400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Makes a statement fail if its required effect is missing. Strict: without a requirement nothing is checked.
    await runner.query(`
      CREATE FUNCTION require_rows(present bigint, required bigint) RETURNS bigint LANGUAGE plpgsql STRICT AS $$
      BEGIN
        IF present <> required THEN
          RAISE EXCEPTION '% rows instead of %', present, required USING ERRCODE = 'AR001';
        END IF;
        RETURN present;
      END $$`);
    await runner.query(APPEND_EVENTS);
    await runner.query(`ALTER TABLE runs ADD plan_id uuid`);
    await runner.query(`UPDATE runs SET plan_id = plans.id FROM plans WHERE plans.run_id = runs.id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs DROP COLUMN plan_id`);
    await runner.query(`DROP FUNCTION append_events`);
    await runner.query(`DROP FUNCTION require_rows`);
  }
}

/**
 * Appends events, or pieces of answers, to their sessions' logs; see event-log.ts. A function, since the planning of an
 * equivalent single statement takes five times as long as its execution.
 *
 * Sessions come in the order of their ids, so that two batches cannot deadlock, and events in the order of sessions.
 */
const APPEND_EVENTS = `
  CREATE FUNCTION append_events(
    _sessions uuid[], _counts int[], _writers jsonb[], _runs uuid[], _types text[], _data json[], _held_by uuid[],
    _at timestamptz, _reserve int, _channel text, _notices text[]
  ) RETURNS bigint[] LANGUAGE plpgsql AS $$
  DECLARE
    _numbers bigint[] := '{}';
    _stream event_streams;
    _broken boolean;
    _seq bigint;
    _first int := 1;
    _last int;
    _reserved bigint;
    _notice text;
  BEGIN
    FOR i IN 1 .. cardinality(_sessions) LOOP
      _last := _first + _counts[i] - 1;
      SELECT * INTO _stream FROM event_streams WHERE session_id = _sessions[i] FOR UPDATE;
      -- A separate statement after the lock, so that it sees what the previous lock holder committed.
      _broken := NOT EXISTS (SELECT FROM unbroken_streams WHERE session_id = _sessions[i]);
      _seq := CASE WHEN _broken THEN greatest(_stream.last_seq, _stream.reserved_seq) ELSE _stream.last_seq END;
      FOR n IN _first .. _last LOOP
        IF _held_by IS NULL OR _stream.writers ->> _runs[n]::text = _held_by[n]::text THEN
          _seq := _seq + 1;
          _numbers[n] := _seq;
        ELSE
          _numbers[n] := NULL;
        END IF;
      END LOOP;
      INSERT INTO events (session_id, seq, run_id, type, data, created_at)
        SELECT _sessions[i], seq, run_id, type, data, _at
          FROM unnest(_numbers[_first:_last], _runs[_first:_last], _types[_first:_last], _data[_first:_last])
            AS e(seq, run_id, type, data)
         WHERE seq IS NOT NULL;
      _reserved := _stream.reserved_seq;
      IF _writers[i] IS NOT NULL THEN
        _reserved := _seq + _reserve;
      ELSIF _held_by IS NOT NULL AND _seq > _reserved THEN
        _reserved := _seq + _reserve;
        PERFORM set_config('synchronous_commit', 'on', true);
      END IF;
      UPDATE event_streams
         SET last_seq = _seq, reserved_seq = _reserved,
             writers = jsonb_strip_nulls(writers || coalesce(_writers[i], '{}'))
       WHERE session_id = _sessions[i];
      IF NOT FOUND AND _held_by IS NULL THEN
        RAISE EXCEPTION 'session % has no stream', _sessions[i] USING ERRCODE = 'AR001';
      END IF;
      IF _broken THEN
        INSERT INTO unbroken_streams (session_id) VALUES (_sessions[i]) ON CONFLICT DO NOTHING;
      END IF;
      _first := _last + 1;
    END LOOP;
    FOREACH _notice IN ARRAY _notices LOOP
      PERFORM pg_notify(_channel, _notice);
    END LOOP;
    RETURN _numbers;
  END $$`;
