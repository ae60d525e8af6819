import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A run does not begin before those that are queued in its session. The trigger looks once the row is in the index of active runs, so
 * also at what the run that it has waited for there has queued at its end. To processes it is a violation of that index.
 */
export class MessagesInOrder1795318000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION refuse_overtaking() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM runs WHERE session_id = NEW.session_id AND status = 'queued') THEN
          RAISE unique_violation
            USING MESSAGE = 'another run of the session is queued', CONSTRAINT = 'runs_one_active', TABLE = 'runs';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER runs_in_order AFTER INSERT ON runs FOR EACH ROW
        WHEN (NEW.status = 'running' AND NEW.job_id IS NULL) EXECUTE FUNCTION refuse_overtaking()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER runs_in_order ON runs`);
    await runner.query(`DROP FUNCTION refuse_overtaking`);
  }
}
