import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The names in a list, so that the watch over open calls reads no schema of a tool. Null in lists of the release before, which
 * are declared anew or expire within a day.
 */
export class NamesOfDeclaredTools1795315000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE client_tools ADD names text[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE client_tools DROP COLUMN names`);
  }
}
