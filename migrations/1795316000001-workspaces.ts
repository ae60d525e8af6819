import type { MigrationInterface, QueryRunner } from 'typeorm';

const WITH_WORKSPACE = 'WHERE deleted_at IS NULL AND workspace_name IS NOT NULL';

/**
 * The workspace of a session, which one a run began with, and what the runtime tells a model beside the content of a message.
 * In rows of earlier releases all of it is null: no client has said anything.
 */
export class Workspaces1795316000001 implements MigrationInterface {
  /** Each statement is a transaction of its own, so that the release before waits for one table at a time. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE IF NOT EXISTS workspaces (
      session_id uuid NOT NULL,
      digest text NOT NULL,
      workspace jsonb NOT NULL,
      replaced_at timestamptz,
      CONSTRAINT workspaces_pk PRIMARY KEY (session_id, digest),
      CONSTRAINT workspaces_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id)
    )`);
    await runner.query(`ALTER TABLE sessions
      ADD COLUMN IF NOT EXISTS workspace_name text,
      ADD COLUMN IF NOT EXISTS workspace_digest text,
      ADD COLUMN IF NOT EXISTS git jsonb`);
    await runner.query(
      `CREATE INDEX IF NOT EXISTS sessions_workspace ON sessions (user_id, workspace_name, id) ${WITH_WORKSPACE}`,
    );
    await runner.query(
      `CREATE INDEX IF NOT EXISTS sessions_workspace_updated ON sessions (user_id, workspace_name, updated_at, id) ${WITH_WORKSPACE}`,
    );
    await runner.query(`ALTER TABLE runs ADD COLUMN IF NOT EXISTS workspace_digest text`);
    await runner.query(`ALTER TABLE messages ADD COLUMN IF NOT EXISTS note text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messages DROP COLUMN note`);
    await runner.query(`ALTER TABLE runs DROP COLUMN workspace_digest`);
    await runner.query(
      `ALTER TABLE sessions DROP COLUMN workspace_name, DROP COLUMN workspace_digest, DROP COLUMN git`,
    );
    await runner.query(`DROP TABLE workspaces`);
  }
}
