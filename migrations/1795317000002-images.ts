import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What image some stored bytes are; null = none. */
export class Images1795317000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE blobs ADD image jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE blobs DROP COLUMN image`);
  }
}
