import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the client of a session executes; null = the tools of the first release. Which version of a file each thread was shown,
 * and which one a call expects. Calls of earlier releases expect none.
 */
export class FileVersions1795311000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions ADD builtin_tools jsonb`);
    await runner.query(`ALTER TABLE sessions ADD file_hashes boolean DEFAULT false NOT NULL`);
    await runner.query(`ALTER TABLE sessions ADD todos jsonb`);
    await runner.query(`ALTER TABLE tool_calls ADD guarded boolean DEFAULT false NOT NULL`);
    await runner.query(`ALTER TABLE tool_calls ADD expected_hash text`);
    await runner.query(`ALTER TABLE tool_calls ADD after_call uuid`);
    await runner.query(`ALTER TABLE approvals ADD guard jsonb`);
    await runner.query(`CREATE TABLE file_versions (
      session_id uuid NOT NULL,
      thread text NOT NULL,
      path_digest bytea NOT NULL,
      path text NOT NULL,
      hash text NOT NULL,
      call_id uuid NOT NULL,
      CONSTRAINT file_versions_pk PRIMARY KEY (session_id, thread, path_digest),
      CONSTRAINT file_versions_call_fk FOREIGN KEY (call_id) REFERENCES tool_calls (id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE file_versions`);
    await runner.query(`ALTER TABLE approvals DROP COLUMN guard`);
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN after_call`);
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN expected_hash`);
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN guarded`);
    await runner.query(`ALTER TABLE sessions DROP COLUMN todos`);
    await runner.query(`ALTER TABLE sessions DROP COLUMN file_hashes`);
    await runner.query(`ALTER TABLE sessions DROP COLUMN builtin_tools`);
  }
}
