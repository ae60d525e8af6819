import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a tool answered, where the conversation holds only its beginning and end. In messages and calls of earlier releases
 * the new columns are null: such an answer is whole, and a repeated result is compared with it.
 */
export class ToolResults1795303000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messages ADD truncated integer`);
    await runner.query(`ALTER TABLE tool_calls ADD outcome_hash bytea`);
    await runner.query(`CREATE TABLE tool_results (
      call_id uuid NOT NULL,
      session_id uuid NOT NULL,
      content text NOT NULL,
      expires_at timestamptz NOT NULL,
      CONSTRAINT tool_results_pk PRIMARY KEY (call_id),
      CONSTRAINT tool_results_call_fk FOREIGN KEY (call_id) REFERENCES tool_calls (id)
    )`);
    await runner.query(`CREATE INDEX tool_results_expiry ON tool_results (expires_at)`);
    await runner.query(`CREATE INDEX tool_results_session ON tool_results (session_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE tool_results`);
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN outcome_hash`);
    await runner.query(`ALTER TABLE messages DROP COLUMN truncated`);
  }
}
