import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1795174303801 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sessions (
        id uuid NOT NULL,
        user_id text NOT NULL,
        title text NOT NULL,
        agent text NOT NULL,
        agent_chosen_by_user boolean NOT NULL,
        metadata jsonb NOT NULL,
        message_count integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        archived_at timestamptz,
        deleted_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT sessions_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX sessions_user_id ON sessions (user_id, id) WHERE (deleted_at IS NULL)`);
    await runner.query(`
      CREATE TABLE agent_switches (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        run_id uuid,
        from_agent text NOT NULL,
        to_agent text NOT NULL,
        reason text NOT NULL,
        confidence text,
        created_at timestamptz NOT NULL,
        CONSTRAINT agent_switches_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX agent_switches_session ON agent_switches (session_id, created_at)`);
    await runner.query(`
      CREATE TABLE messages (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        position integer NOT NULL,
        run_id uuid,
        role text NOT NULL,
        agent text,
        content text NOT NULL,
        tool_calls jsonb NOT NULL DEFAULT '[]',
        call_id uuid,
        suggestions jsonb,
        finish_reason text,
        usage jsonb,
        created_at timestamptz NOT NULL,
        CONSTRAINT messages_position UNIQUE (session_id, position),
        CONSTRAINT messages_role CHECK (role IN ('user', 'assistant', 'tool', 'system')),
        CONSTRAINT messages_answer CHECK ((role = 'tool') = (call_id IS NOT NULL)),
        CONSTRAINT messages_pk PRIMARY KEY (id)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX messages_call_id ON messages (call_id) WHERE (call_id IS NOT NULL)`,
    );
    await runner.query(`
      CREATE TABLE runs (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        user_id text NOT NULL,
        status text NOT NULL,
        phase text NOT NULL,
        agent text NOT NULL,
        trigger text NOT NULL,
        waiting_for jsonb NOT NULL,
        error jsonb,
        usage jsonb NOT NULL,
        switches integer NOT NULL,
        invalid_replies integer NOT NULL,
        attempt integer NOT NULL,
        events_after bigint NOT NULL,
        created_at timestamptz NOT NULL,
        started_at timestamptz,
        finished_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT runs_status CHECK (status IN ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'interrupted', 'model_call_limit')),
        CONSTRAINT runs_phase CHECK (phase IN ('idle', 'classify', 'plan_required', 'architect_planning', 'plan_review', 'plan_execution', 'execution', 'error_handling', 'completed')),
        CONSTRAINT runs_pk PRIMARY KEY (id)
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX runs_one_active ON runs (session_id) WHERE (status = ANY (ARRAY['running'::text, 'waiting'::text]))`,
    );
    await runner.query(`CREATE INDEX runs_session ON runs (session_id, id)`);
    await runner.query(`
      CREATE TABLE tool_calls (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        run_id uuid NOT NULL,
        message_id uuid NOT NULL,
        agent text NOT NULL,
        tool_name text NOT NULL,
        arguments jsonb NOT NULL,
        status text NOT NULL,
        deadline_at timestamptz,
        created_at timestamptz NOT NULL,
        settled_at timestamptz,
        CONSTRAINT tool_calls_status CHECK (status IN ('requested', 'completed', 'failed', 'expired', 'cancelled')),
        CONSTRAINT tool_calls_wait CHECK ((status <> 'requested') OR (deadline_at IS NOT NULL)),
        CONSTRAINT tool_calls_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX tool_calls_run ON tool_calls (run_id, id)`);
    await runner.query(
      `CREATE INDEX tool_calls_deadline ON tool_calls (deadline_at) WHERE (status = 'requested'::text)`,
    );
    await runner.query(`
      CREATE TABLE llm_calls (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        run_id uuid NOT NULL,
        agent text NOT NULL,
        purpose text NOT NULL,
        model text NOT NULL,
        status text NOT NULL,
        error_code text,
        prompt_tokens integer,
        completion_tokens integer,
        first_token_ms integer,
        started_at timestamptz NOT NULL,
        finished_at timestamptz,
        CONSTRAINT llm_calls_status CHECK (status IN ('started', 'completed', 'failed', 'aborted')),
        CONSTRAINT llm_calls_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX llm_calls_run ON llm_calls (run_id, id)`);
    await runner.query(`
      CREATE TABLE events (
        session_id uuid NOT NULL,
        seq bigint NOT NULL,
        run_id uuid,
        type text NOT NULL,
        data json NOT NULL,
        created_at timestamptz NOT NULL,
        CONSTRAINT events_pk PRIMARY KEY (session_id, seq)
      )`);
    await runner.query(
      `CREATE INDEX events_settled_messages ON events (created_at, session_id, seq) WHERE (type = ANY (ARRAY['message.completed'::text, 'message.discarded'::text]))`,
    );
    await runner.query(`
      CREATE TABLE event_streams (
        session_id uuid NOT NULL,
        last_seq bigint NOT NULL DEFAULT 0,
        CONSTRAINT event_streams_pk PRIMARY KEY (session_id)
      )`);
    await runner.query(
      `ALTER TABLE agent_switches ADD CONSTRAINT agent_switches_session_fk FOREIGN KEY (session_id) REFERENCES sessions(id)`,
    );
    await runner.query(
      `ALTER TABLE messages ADD CONSTRAINT messages_session_fk FOREIGN KEY (session_id) REFERENCES sessions(id)`,
    );
    await runner.query(
      `ALTER TABLE runs ADD CONSTRAINT runs_session_fk FOREIGN KEY (session_id) REFERENCES sessions(id)`,
    );
    await runner.query(
      `ALTER TABLE tool_calls ADD CONSTRAINT tool_calls_run_fk FOREIGN KEY (run_id) REFERENCES runs(id)`,
    );
    await runner.query(
      `ALTER TABLE llm_calls ADD CONSTRAINT llm_calls_run_fk FOREIGN KEY (run_id) REFERENCES runs(id)`,
    );
  }

  /** Indexes and constraints are dropped with their tables. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE event_streams`);
    await runner.query(`DROP TABLE events`);
    await runner.query(`DROP TABLE llm_calls`);
    await runner.query(`DROP TABLE tool_calls`);
    await runner.query(`DROP TABLE runs`);
    await runner.query(`DROP TABLE messages`);
    await runner.query(`DROP TABLE agent_switches`);
    await runner.query(`DROP TABLE sessions`);
  }
}
