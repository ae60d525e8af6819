import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a call has cost. Null where it is not known: of calls that used nothing, and of those of the release before. */
export class Usage1795301000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE llm_calls
         ADD cached_tokens integer, ADD reasoning_tokens integer, ADD cost_micros bigint,
         ADD estimated boolean DEFAULT false NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE llm_calls
         DROP COLUMN estimated, DROP COLUMN cost_micros, DROP COLUMN reasoning_tokens, DROP COLUMN cached_tokens`,
    );
  }
}
