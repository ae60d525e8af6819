import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Durability1795254000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE event_streams ADD reserved_seq bigint NOT NULL DEFAULT 0`);
    // Unlogged, so that PostgreSQL empties it when it recovers from a crash.
    await runner.query(`CREATE UNLOGGED TABLE unbroken_streams (session_id uuid PRIMARY KEY)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE unbroken_streams`);
    await runner.query(`ALTER TABLE event_streams DROP COLUMN reserved_seq`);
  }
}
