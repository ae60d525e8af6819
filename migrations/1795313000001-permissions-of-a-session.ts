import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The permissions of a session are read with each reply that asks for something. */
export class PermissionsOfASession1795313000001 implements MigrationInterface {
  /** Each statement by itself, so that the release before waits for one at a time. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX IF NOT EXISTS approvals_permissions ON approvals (session_id, id)
         WHERE (remember OR remember_when IS NOT NULL) AND forgotten_at IS NULL`,
    );
    await runner.query(`ALTER TABLE sessions VALIDATE CONSTRAINT sessions_approval_mode`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX IF EXISTS approvals_permissions`);
  }
}
