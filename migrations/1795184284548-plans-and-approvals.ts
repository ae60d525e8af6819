import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PlansAndApprovals1795184284548 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE approvals (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        run_id uuid NOT NULL,
        user_id text NOT NULL,
        kind text NOT NULL,
        call_id uuid NOT NULL,
        plan_id uuid,
        tool_name text NOT NULL,
        subject text NOT NULL,
        arguments jsonb,
        reason text NOT NULL,
        status text NOT NULL,
        expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        decision text,
        decided_by text,
        feedback text,
        modified_arguments jsonb,
        remember boolean NOT NULL,
        decided_at timestamptz,
        version integer NOT NULL,
        CONSTRAINT approvals_call UNIQUE (call_id),
        CONSTRAINT approvals_of_plan UNIQUE (plan_id, id, decision),
        CONSTRAINT approvals_kind CHECK (kind IN ('tool_call', 'plan')),
        CONSTRAINT approvals_plan CHECK ((kind = 'plan') = (plan_id IS NOT NULL)),
        CONSTRAINT approvals_status CHECK (status IN ('pending', 'approved', 'rejected', 'changes_requested', 'cancelled')),
        CONSTRAINT approvals_decision CHECK (decision IN ('approve', 'edit', 'reject', 'modify')),
        CONSTRAINT approvals_decided CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (status IN ('pending', 'cancelled'))),
        CONSTRAINT approvals_outcome CHECK ((status = 'approved') = (decision IS NOT NULL AND decision IN ('approve', 'edit')) AND (status = 'rejected') = (decision IS NOT NULL AND decision = 'reject') AND (status = 'changes_requested') = (decision IS NOT NULL AND decision = 'modify')),
        CONSTRAINT approvals_by_human CHECK ((decision = 'reject') OR (decided_by NOT IN ('runtime', ''))),
        CONSTRAINT approvals_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX approvals_session ON approvals (session_id, id)`);
    await runner.query(
      `CREATE INDEX approvals_run_pending ON approvals (run_id) WHERE (status = 'pending'::text)`,
    );
    await runner.query(
      `CREATE INDEX approvals_expiry ON approvals (expires_at) WHERE (status = 'pending'::text)`,
    );
    await runner.query(
      `CREATE INDEX approvals_remembered ON approvals (session_id, tool_name) WHERE remember`,
    );
    await runner.query(`
      CREATE TABLE plans (
        id uuid NOT NULL,
        session_id uuid NOT NULL,
        run_id uuid NOT NULL,
        user_id text NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        status text NOT NULL,
        revision integer NOT NULL,
        approval_id uuid,
        approval_decision text,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        version integer NOT NULL,
        CONSTRAINT plans_status CHECK (status IN ('draft', 'review', 'approved', 'executing', 'completed', 'failed', 'rejected', 'cancelled')),
        CONSTRAINT plans_needs_approval CHECK ((status NOT IN ('approved', 'executing', 'completed', 'failed')) OR (approval_id IS NOT NULL)),
        CONSTRAINT plans_approval_decision CHECK (approval_decision = 'approve'),
        CONSTRAINT plans_approval_whole CHECK ((approval_id IS NULL) = (approval_decision IS NULL)),
        CONSTRAINT plans_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX plans_session ON plans (session_id, id)`);
    await runner.query(
      `CREATE UNIQUE INDEX plans_one_open ON plans (run_id) WHERE (status = ANY (ARRAY['draft'::text, 'review'::text, 'approved'::text, 'executing'::text]))`,
    );
    await runner.query(`
      CREATE TABLE subtasks (
        id uuid NOT NULL,
        plan_id uuid NOT NULL,
        revision integer NOT NULL,
        position integer NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        agent text NOT NULL,
        dependencies jsonb NOT NULL,
        estimated_minutes integer,
        status text NOT NULL,
        attempt integer NOT NULL,
        result text,
        error jsonb,
        started_at timestamptz,
        finished_at timestamptz,
        CONSTRAINT subtasks_position UNIQUE (plan_id, revision, position),
        CONSTRAINT subtasks_status CHECK (status IN ('pending', 'running', 'done', 'failed', 'skipped')),
        CONSTRAINT subtasks_pk PRIMARY KEY (id)
      )`);
    await runner.query(`
      CREATE TABLE plan_transitions (
        id uuid NOT NULL,
        plan_id uuid NOT NULL,
        revision integer NOT NULL,
        action text NOT NULL,
        from_status text,
        to_status text NOT NULL,
        decided_by text NOT NULL,
        reason text,
        approval_id uuid,
        created_at timestamptz NOT NULL,
        CONSTRAINT plan_transitions_pk PRIMARY KEY (id)
      )`);
    await runner.query(`CREATE INDEX plan_transitions_plan ON plan_transitions (plan_id, id)`);
    await runner.query(`ALTER TABLE messages ADD subtask_id uuid`);
    await runner.query(`ALTER TABLE runs ADD cancel_requested_at timestamptz`);
    await runner.query(`ALTER TABLE tool_calls ADD subtask_id uuid`);
    await runner.query(`ALTER TABLE tool_calls ADD edited boolean NOT NULL DEFAULT false`);
    await runner.query(
      `CREATE INDEX messages_main ON messages (session_id, position) WHERE (subtask_id IS NULL)`,
    );
    await runner.query(
      `CREATE INDEX messages_subtask ON messages (subtask_id, position) WHERE (subtask_id IS NOT NULL)`,
    );
    await runner.query(
      `ALTER TABLE approvals ADD CONSTRAINT approvals_run_fk FOREIGN KEY (run_id) REFERENCES runs(id)`,
    );
    await runner.query(
      `ALTER TABLE plans ADD CONSTRAINT plans_run_fk FOREIGN KEY (run_id) REFERENCES runs(id)`,
    );
    await runner.query(
      `ALTER TABLE plans ADD CONSTRAINT plans_approval_fk FOREIGN KEY (id, approval_id, approval_decision) REFERENCES approvals(plan_id, id, decision)`,
    );
    await runner.query(
      `ALTER TABLE subtasks ADD CONSTRAINT subtasks_plan_fk FOREIGN KEY (plan_id) REFERENCES plans(id)`,
    );
    await runner.query(
      `ALTER TABLE plan_transitions ADD CONSTRAINT plan_transitions_plan_fk FOREIGN KEY (plan_id) REFERENCES plans(id)`,
    );
    await runner.query(`ALTER TABLE tool_calls DROP CONSTRAINT tool_calls_status`);
    await runner.query(
      `ALTER TABLE tool_calls ADD CONSTRAINT tool_calls_status CHECK (status IN ('awaiting_approval', 'requested', 'completed', 'failed', 'rejected', 'expired', 'cancelled'))`,
    );
  }

  /** Indexes and constraints are dropped with their tables and columns. Calls in the new statuses become cancelled. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE tool_calls SET status = 'cancelled' WHERE status IN ('awaiting_approval', 'rejected')`,
    );
    await runner.query(`ALTER TABLE tool_calls DROP CONSTRAINT tool_calls_status`);
    await runner.query(
      `ALTER TABLE tool_calls ADD CONSTRAINT tool_calls_status CHECK (status IN ('requested', 'completed', 'failed', 'expired', 'cancelled'))`,
    );
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN edited`);
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN subtask_id`);
    await runner.query(`ALTER TABLE runs DROP COLUMN cancel_requested_at`);
    await runner.query(`ALTER TABLE messages DROP COLUMN subtask_id`);
    await runner.query(`DROP TABLE plan_transitions`);
    await runner.query(`DROP TABLE subtasks`);
    await runner.query(`DROP TABLE plans`);
    await runner.query(`DROP TABLE approvals`);
  }
}
