import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Jobs1795249007462 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE jobs (
      id uuid NOT NULL,
      type text NOT NULL,
      agent text NOT NULL,
      agent_version text NOT NULL,
      status text NOT NULL,
      payload_json jsonb NOT NULL,
      result_json jsonb,
      error_code text,
      error_text text,
      session_id uuid NOT NULL,
      user_id text NOT NULL,
      idempotency_key text NOT NULL,
      attempt integer NOT NULL,
      recoveries integer NOT NULL,
      trace_id text NOT NULL,
      run_id uuid,
      available_at timestamptz NOT NULL,
      delivered_at timestamptz,
      deadline_at timestamptz,
      lease_owner text,
      lease_token uuid,
      lease_expires_at timestamptz,
      cancel_requested_at timestamptz,
      created_at timestamptz NOT NULL,
      started_at timestamptz,
      finished_at timestamptz,
      version integer NOT NULL,
      CONSTRAINT jobs_pk PRIMARY KEY (id),
      CONSTRAINT jobs_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id),
      CONSTRAINT jobs_status_known CHECK (status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
      CONSTRAINT jobs_lease_whole CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
      CONSTRAINT jobs_held CHECK ((status = 'running') = (lease_token IS NOT NULL)),
      CONSTRAINT jobs_finished CHECK ((status IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
      CONSTRAINT jobs_result CHECK ((status = 'done') = (result_json IS NOT NULL))
    )`);
    const active = `(status = ANY (ARRAY['queued'::text, 'running'::text]))`;
    await runner.query(`CREATE UNIQUE INDEX jobs_one_active ON jobs (idempotency_key) WHERE ${active}`);
    await runner.query(`CREATE INDEX jobs_status ON jobs (status, created_at)`);
    await runner.query(`CREATE INDEX jobs_session ON jobs (session_id, type)`);
    await runner.query(`CREATE INDEX jobs_user ON jobs (user_id, id)`);
    await runner.query(`CREATE INDEX jobs_active_user ON jobs (user_id) WHERE ${active}`);
    await runner.query(`CREATE INDEX jobs_active_type ON jobs (type) WHERE ${active}`);
    await runner.query(`CREATE INDEX jobs_due ON jobs (available_at) WHERE (status = 'queued'::text)`);
    await runner.query(`CREATE INDEX jobs_lease ON jobs (lease_expires_at) WHERE (status = 'running'::text)`);

    await runner.query(`ALTER TABLE messages ADD job_id uuid`);
    await runner.query(`CREATE INDEX messages_job ON messages (job_id, position) WHERE (job_id IS NOT NULL)`);
    await runner.query(`DROP INDEX messages_main`);
    await runner.query(
      `CREATE INDEX messages_main ON messages (session_id, position) WHERE ((subtask_id IS NULL) AND (job_id IS NULL))`,
    );

    await runner.query(`ALTER TABLE runs ADD job_id uuid`);
    await runner.query(`CREATE INDEX runs_job ON runs (job_id) WHERE (job_id IS NOT NULL)`);
    await runner.query(`DROP INDEX runs_one_active`);
    await runner.query(
      `CREATE UNIQUE INDEX runs_one_active ON runs (session_id)
        WHERE ((job_id IS NULL) AND (status = ANY (ARRAY['running'::text, 'waiting'::text])))`,
    );

    await runner.query(`ALTER TABLE llm_calls ADD job_id uuid`);
    await runner.query(`ALTER TABLE llm_calls ALTER run_id DROP NOT NULL`);
    await runner.query(
      `ALTER TABLE llm_calls ADD CONSTRAINT llm_calls_owner CHECK (num_nonnulls(run_id, job_id) = 1)`,
    );
    await runner.query(`CREATE INDEX llm_calls_job ON llm_calls (job_id, id) WHERE (job_id IS NOT NULL)`);

    // One writer per run, since the runs of jobs write at the same time as the run of the conversation.
    await runner.query(`ALTER TABLE event_streams ADD writers jsonb NOT NULL DEFAULT '{}'`);
    await runner.query(
      `UPDATE event_streams e SET writers = jsonb_build_object(r.id, e.writer)
         FROM runs r WHERE r.session_id = e.session_id AND r.status = 'running' AND e.writer IS NOT NULL`,
    );
    await runner.query(`ALTER TABLE event_streams DROP COLUMN writer`);
  }

  /** Indexes and constraints are dropped with their tables and columns. The rows of jobs are lost. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE event_streams DROP COLUMN writers`);
    await runner.query(`ALTER TABLE event_streams ADD writer uuid`);
    await runner.query(`DELETE FROM llm_calls c USING runs r WHERE c.run_id = r.id AND r.job_id IS NOT NULL`);
    await runner.query(`DELETE FROM llm_calls WHERE run_id IS NULL`);
    await runner.query(`ALTER TABLE llm_calls DROP COLUMN job_id`);
    await runner.query(`ALTER TABLE llm_calls ALTER run_id SET NOT NULL`);
    await runner.query(
      `DELETE FROM tool_calls c USING runs r WHERE c.run_id = r.id AND r.job_id IS NOT NULL`,
    );
    await runner.query(`DELETE FROM runs WHERE job_id IS NOT NULL`);
    await runner.query(`ALTER TABLE runs DROP COLUMN job_id`);
    await runner.query(
      `CREATE UNIQUE INDEX runs_one_active ON runs (session_id)
        WHERE (status = ANY (ARRAY['running'::text, 'waiting'::text]))`,
    );
    await runner.query(`DELETE FROM messages WHERE job_id IS NOT NULL`);
    await runner.query(`ALTER TABLE messages DROP COLUMN job_id`);
    await runner.query(
      `CREATE INDEX messages_main ON messages (session_id, position) WHERE (subtask_id IS NULL)`,
    );
    await runner.query(`DROP TABLE jobs`);
  }
}
