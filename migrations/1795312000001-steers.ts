import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What users say to runs at work, until their agents are told. */
export class Steers1795312000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE steers (
      id uuid NOT NULL,
      session_id uuid NOT NULL,
      run_id uuid NOT NULL,
      content text NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT steers_pk PRIMARY KEY (id),
      CONSTRAINT steers_run_fk FOREIGN KEY (run_id) REFERENCES runs (id)
    )`);
    await runner.query(`CREATE INDEX steers_run ON steers (run_id)`);
    await runner.query(`CREATE INDEX steers_session ON steers (session_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE steers`);
  }
}
