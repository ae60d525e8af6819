import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RequireRows1795262400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Lets a statement fail where it does not do what it must. Strict: with nothing required, nothing is checked.
    await runner.query(`
      CREATE FUNCTION require_rows(present bigint, required bigint) RETURNS bigint LANGUAGE plpgsql STRICT AS $$
      BEGIN
        IF present <> required THEN
          RAISE EXCEPTION '% rows instead of %', present, required USING ERRCODE = 'AR001';
        END IF;
        RETURN present;
      END $$`);
    await runner.query(`ALTER TABLE runs ADD plan_id uuid`);
    await runner.query(`UPDATE runs SET plan_id = plans.id FROM plans WHERE plans.run_id = runs.id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs DROP COLUMN plan_id`);
    await runner.query(`DROP FUNCTION require_rows`);
  }
}
