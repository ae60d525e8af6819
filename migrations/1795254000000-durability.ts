import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Durability1795254000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE event_streams ADD reserved_seq bigint NOT NULL DEFAULT 0`);
    // Unlogged, so that PostgreSQL empties it when it recovers from a crash.
    await runner.query(`CREATE UNLOGGED TABLE unbroken_streams (session_id uuid PRIMARY KEY)`);
    // A run that was handed over keeps the time of the hand-over.
    await runner.query(`ALTER TABLE runs DROP CONSTRAINT runs_lease_whole`);
    await runner.query(
      `UPDATE runs SET lease_expires_at = now() WHERE status = 'running' AND lease_expires_at IS NULL`,
    );
    await runner.query(
      `ALTER TABLE runs ADD CONSTRAINT runs_lease_whole CHECK ((lease_token IS NULL) OR (lease_expires_at IS NOT NULL))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs DROP CONSTRAINT runs_lease_whole`);
    await runner.query(`UPDATE runs SET lease_expires_at = NULL WHERE lease_token IS NULL`);
    await runner.query(
      `ALTER TABLE runs ADD CONSTRAINT runs_lease_whole CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL))`,
    );
    await runner.query(`DROP TABLE unbroken_streams`);
    await runner.query(`ALTER TABLE event_streams DROP COLUMN reserved_seq`);
  }
}
