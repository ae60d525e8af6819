import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where titles come from: null in a session without a title, and in those of the release before. What a user said with the
 * approval of a call: null where nothing was said.
 */
export class TitlesAndFeedback1795306000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tool_calls ADD feedback text`);
    await runner.query(`ALTER TABLE sessions ADD title_source text`);
    // Not checked against old rows, which have none: that would lock the table meanwhile.
    await runner.query(
      `ALTER TABLE sessions ADD CONSTRAINT sessions_title_source
         CHECK (title_source IN ('user', 'first_message', 'model')) NOT VALID`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions DROP COLUMN title_source`);
    await runner.query(`ALTER TABLE tool_calls DROP COLUMN feedback`);
  }
}
