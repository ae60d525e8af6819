import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a model wants back with its messages. Null for messages of users, tools, and models that send nothing of the kind. */
export class Reasoning1795280000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messages ADD reasoning jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messages DROP COLUMN reasoning`);
  }
}
