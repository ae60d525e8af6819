import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The models that users choose. Null where none was chosen, and in runs that began before or without a file of models. */
export class Models1795300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions ADD model text, ADD reasoning_effort text`);
    await runner.query(
      `ALTER TABLE runs ADD model text, ADD model_chosen boolean DEFAULT false NOT NULL, ADD reasoning_effort text`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE runs DROP COLUMN reasoning_effort, DROP COLUMN model_chosen, DROP COLUMN model`,
    );
    await runner.query(`ALTER TABLE sessions DROP COLUMN reasoning_effort, DROP COLUMN model`);
  }
}
