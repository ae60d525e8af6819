import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Instances1795290000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Unlogged: renewing an entry does not wait for the disk, and a process whose entry a crash has removed registers anew.
    await runner.query(
      `CREATE UNLOGGED TABLE instances (id uuid PRIMARY KEY, expires_at timestamptz NOT NULL)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE instances`);
  }
}
