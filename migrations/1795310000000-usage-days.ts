import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What calls of models have used, by day. Calls of earlier releases are added while the server works (usage-counter.ts);
 * until then their `counted` is null.
 */
export class UsageDays1795310000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE usage_days (
      session_id uuid NOT NULL,
      user_id text NOT NULL,
      day date NOT NULL,
      agent text NOT NULL,
      model text NOT NULL,
      model_calls bigint NOT NULL,
      unknown_calls bigint NOT NULL,
      prompt_tokens bigint NOT NULL,
      completion_tokens bigint NOT NULL,
      cached_tokens bigint NOT NULL,
      reasoning_tokens bigint NOT NULL,
      cost_micros bigint,
      estimated boolean NOT NULL,
      CONSTRAINT usage_days_pk PRIMARY KEY (session_id, day, agent, model)
    )`);
    await runner.query(`CREATE INDEX usage_days_user ON usage_days (user_id, day)`);
    // How far calls are counted: one row.
    await runner.query(`CREATE TABLE usage_counting (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      counted_through uuid NOT NULL
    )`);
    await runner.query(
      `INSERT INTO usage_counting (counted_through) VALUES ('00000000-0000-0000-0000-000000000000')`,
    );
    await runner.query(`ALTER TABLE llm_calls ADD counted boolean`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE llm_calls DROP COLUMN counted`);
    await runner.query(`DROP TABLE usage_counting`);
    await runner.query(`DROP TABLE usage_days`);
  }
}
