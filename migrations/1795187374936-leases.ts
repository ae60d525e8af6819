import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Leases1795187374936 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs ADD recoveries integer NOT NULL DEFAULT 0`);
    await runner.query(`ALTER TABLE runs ADD lease_owner text`);
    await runner.query(`ALTER TABLE runs ADD lease_token uuid`);
    await runner.query(`ALTER TABLE runs ADD lease_expires_at timestamptz`);
    await runner.query(`ALTER TABLE runs ADD input jsonb`);
    await runner.query(`ALTER TABLE llm_calls ADD message_id uuid`);
    await runner.query(`ALTER TABLE event_streams ADD writer uuid`);
    await runner.query(`CREATE INDEX runs_lease ON runs (lease_expires_at) WHERE (status = 'running'::text)`);
    await runner.query(`CREATE INDEX runs_queued ON runs (session_id, id) WHERE (status = 'queued'::text)`);
    await runner.query(
      `ALTER TABLE runs ADD CONSTRAINT runs_lease_whole CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL))`,
    );
    await runner.query(
      `ALTER TABLE runs ADD CONSTRAINT runs_held CHECK ((status = 'running') OR (lease_token IS NULL))`,
    );
  }

  /** Indexes and constraints are dropped with their columns. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE event_streams DROP COLUMN writer`);
    await runner.query(`ALTER TABLE llm_calls DROP COLUMN message_id`);
    await runner.query(`DROP INDEX runs_queued`);
    await runner.query(`DROP INDEX runs_lease`);
    await runner.query(`ALTER TABLE runs DROP COLUMN input`);
    await runner.query(`ALTER TABLE runs DROP COLUMN lease_expires_at`);
    await runner.query(`ALTER TABLE runs DROP COLUMN lease_token`);
    await runner.query(`ALTER TABLE runs DROP COLUMN lease_owner`);
    await runner.query(`ALTER TABLE runs DROP COLUMN recoveries`);
  }
}
