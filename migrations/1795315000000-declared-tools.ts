import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tools that clients declare, and which of them a run uses. In runs of earlier releases `tools_digest` is null: they use none.
 * Lists are JSON as it came, since the order of its keys is shown to models.
 */
export class DeclaredTools1795315000000 implements MigrationInterface {
  /** Each statement is a transaction of its own, so that the release before waits for one table at a time. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE IF NOT EXISTS client_tools (
      session_id uuid NOT NULL,
      client_id text NOT NULL,
      tools json NOT NULL,
      ttl_seconds integer NOT NULL,
      expires_at timestamptz NOT NULL,
      CONSTRAINT client_tools_pk PRIMARY KEY (session_id, client_id),
      CONSTRAINT client_tools_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS tool_lists (
      session_id uuid NOT NULL,
      digest text NOT NULL,
      tools json NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT tool_lists_pk PRIMARY KEY (session_id, digest),
      CONSTRAINT tool_lists_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id)
    )`);
    await runner.query(`CREATE TABLE IF NOT EXISTS refused_tools (
      session_id uuid NOT NULL,
      digest text NOT NULL,
      model text NOT NULL,
      refused_at timestamptz NOT NULL,
      CONSTRAINT refused_tools_pk PRIMARY KEY (session_id, digest),
      CONSTRAINT refused_tools_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id)
    )`);
    await runner.query(`ALTER TABLE runs ADD COLUMN IF NOT EXISTS tools_digest text`);
    await runner.query(`ALTER TABLE tool_calls
      ADD COLUMN IF NOT EXISTS source text DEFAULT 'builtin' NOT NULL,
      ADD COLUMN IF NOT EXISTS timeout_seconds integer`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN timeout_seconds, DROP COLUMN source`);
    await runner.query(`ALTER TABLE runs DROP COLUMN tools_digest`);
    await runner.query(`DROP TABLE refused_tools`);
    await runner.query(`DROP TABLE tool_lists`);
    await runner.query(`DROP TABLE client_tools`);
  }
}
