import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a message consists of beside its content: null in most, and in those of earlier releases. A version of a file that was
 * attached to a message was shown by no call.
 */
export class MessageParts1795317000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messages ADD parts jsonb`);
    await runner.query(`ALTER TABLE file_versions ALTER COLUMN call_id DROP NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM file_versions WHERE call_id IS NULL`);
    await runner.query(`ALTER TABLE file_versions ALTER COLUMN call_id SET NOT NULL`);
    await runner.query(`ALTER TABLE messages DROP COLUMN parts`);
  }
}
