import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By name, what comes after `CREATE INDEX … ON`. */
const INDEXES = {
  sessions_open: `sessions (user_id, id) WHERE deleted_at IS NULL AND archived_at IS NULL`,
  sessions_open_updated: `sessions (user_id, updated_at, id) WHERE deleted_at IS NULL AND archived_at IS NULL`,
  sessions_archived: `sessions (user_id, id) WHERE deleted_at IS NULL AND archived_at IS NOT NULL`,
  sessions_archived_updated: `sessions (user_id, updated_at, id) WHERE deleted_at IS NULL AND archived_at IS NOT NULL`,
  runs_active_user: `runs (user_id, status, session_id) WHERE job_id IS NULL AND status IN ('running', 'waiting')`,
  approvals_user: `approvals (user_id, id)`,
  approvals_user_status: `approvals (user_id, status, id)`,
  plans_user: `plans (user_id, id)`,
  plans_user_status: `plans (user_id, status, id)`,
};

/** Indexes for the lists over all sessions of a user. */
export class ListsOfAUser1795306100000 implements MigrationInterface {
  /**
   * Each index is a transaction of its own, so that the release before waits for one at a time. Not CONCURRENTLY: that waits
   * for every older transaction, such as a backup, and for the instances that wait for this migration.
   */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) {
      await runner.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${definition}`);
    }
    await runner.query(`ALTER TABLE sessions VALIDATE CONSTRAINT sessions_title_source`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX IF EXISTS ${name}`);
  }
}
