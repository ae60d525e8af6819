import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The span that started a run or a job, so that every process that executes it continues the same trace. */
export class Traces1795276000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs ADD traceparent text`);
    await runner.query(`ALTER TABLE jobs ADD traceparent text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE jobs DROP COLUMN traceparent`);
    await runner.query(`ALTER TABLE runs DROP COLUMN traceparent`);
  }
}
