import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The models that failed in a run, and those that answer in their place. */
export class ModelSwitches1795302000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs ADD model_switches jsonb DEFAULT '[]' NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs DROP COLUMN model_switches`);
  }
}
