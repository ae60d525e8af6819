import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What users allow for the rest of a session. Null in sessions whose user chose no mode, and in approvals of the release before: its
 * `remember` is read as the command or path that was approved. This release leaves `remember` false, since that release takes it for
 * the whole tool.
 */
export class Permissions1795313000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions ADD approval_mode text`);
    // Not checked against old rows, which have none: that would lock the table meanwhile.
    await runner.query(
      `ALTER TABLE sessions ADD CONSTRAINT sessions_approval_mode
         CHECK (approval_mode IN ('read_only', 'ask', 'accept_edits')) NOT VALID`,
    );
    await runner.query(
      `ALTER TABLE approvals ADD suggestions jsonb, ADD remember_when jsonb, ADD forgotten_at timestamptz`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE approvals DROP COLUMN forgotten_at, DROP COLUMN remember_when, DROP COLUMN suggestions`,
    );
    await runner.query(`ALTER TABLE sessions DROP COLUMN approval_mode`);
  }
}
