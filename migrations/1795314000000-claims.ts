import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which client executes a call, further approvals of one, and whether a session takes answers without a claim. */
export class Claims1795314000000 implements MigrationInterface {
  /** Each statement is a transaction of its own, so that the release before waits for one table at a time. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tool_calls
      ADD COLUMN IF NOT EXISTS claimed_by text,
      ADD COLUMN IF NOT EXISTS claim_expires_at timestamptz,
      ADD COLUMN IF NOT EXISTS attempt integer DEFAULT 1 NOT NULL`);
    await runner.query(
      `CREATE INDEX IF NOT EXISTS tool_calls_claim ON tool_calls (claim_expires_at) WHERE claim_expires_at IS NOT NULL`,
    );
    await runner.query(
      `ALTER TABLE sessions ADD COLUMN IF NOT EXISTS claims_required boolean DEFAULT false NOT NULL`,
    );
    await runner.query(`ALTER TABLE approvals ADD COLUMN IF NOT EXISTS attempt integer DEFAULT 1 NOT NULL`);
    await runner.query(
      `CREATE UNIQUE INDEX IF NOT EXISTS approvals_call_attempt ON approvals (call_id, attempt)`,
    );
    await runner.query(`ALTER TABLE approvals DROP CONSTRAINT IF EXISTS approvals_call`);
  }

  /** The release before knows one approval for a call: what asks again is taken back, and the call waits for its deadline. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE tool_calls SET status = 'requested' WHERE status = 'awaiting_approval' AND attempt > 1`,
    );
    await runner.query(`DELETE FROM approvals WHERE attempt > 1`);
    await runner.query(`ALTER TABLE approvals ADD CONSTRAINT approvals_call UNIQUE (call_id)`);
    await runner.query(`ALTER TABLE approvals DROP COLUMN attempt`);
    await runner.query(`ALTER TABLE sessions DROP COLUMN claims_required`);
    await runner.query(
      `ALTER TABLE tool_calls DROP COLUMN claimed_by, DROP COLUMN claim_expires_at, DROP COLUMN attempt`,
    );
  }
}
