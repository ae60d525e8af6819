import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an agent is told instead of old messages, and the size of each message. Messages of earlier releases are counted while
 * the server works (message-counter.ts); until then their `tokens` are null.
 */
export class Context1795304000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE messages ADD tokens integer`);
    // How far messages are counted: one row.
    await runner.query(`CREATE TABLE message_counting (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      counted_through uuid NOT NULL
    )`);
    await runner.query(
      `INSERT INTO message_counting (counted_through) VALUES ('00000000-0000-0000-0000-000000000000')`,
    );
    await runner.query(`CREATE TABLE context_checkpoints (
      id uuid NOT NULL,
      session_id uuid NOT NULL,
      thread text NOT NULL,
      based_on uuid,
      up_to_position integer NOT NULL,
      content text NOT NULL,
      tokens integer NOT NULL,
      reason text NOT NULL,
      llm_call_id uuid,
      kind text NOT NULL,
      created_at timestamptz NOT NULL,
      CONSTRAINT context_checkpoints_pk PRIMARY KEY (id),
      CONSTRAINT context_checkpoints_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id),
      CONSTRAINT context_checkpoints_base_fk FOREIGN KEY (based_on) REFERENCES context_checkpoints (id),
      CONSTRAINT context_checkpoints_one_follows UNIQUE NULLS NOT DISTINCT (session_id, thread, based_on),
      CONSTRAINT context_checkpoints_kind CHECK (kind IN ('formed', 'edited')),
      CONSTRAINT context_checkpoints_reason CHECK (reason IN ('threshold', 'overflow', 'request', 'edit')),
      CONSTRAINT context_checkpoints_edited CHECK ((kind = 'edited') = (reason = 'edit'))
    )`);
    await runner.query(
      `CREATE INDEX context_checkpoints_newest ON context_checkpoints (session_id, thread, up_to_position, created_at)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE context_checkpoints`);
    await runner.query(`DROP TABLE message_counting`);
    await runner.query(`ALTER TABLE messages DROP COLUMN tokens`);
  }
}
