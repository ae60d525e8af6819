import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Bytes that users have stored, and which sessions need them. */
export class Blobs1795316000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE blobs (
      user_id text NOT NULL,
      hash text NOT NULL,
      bytes bytea NOT NULL,
      size integer NOT NULL,
      expires_at timestamptz,
      CONSTRAINT blobs_pk PRIMARY KEY (user_id, hash)
    )`);
    await runner.query(`CREATE INDEX blobs_expiry ON blobs (expires_at) WHERE expires_at IS NOT NULL`);
    await runner.query(`CREATE INDEX blobs_user_size ON blobs (user_id, size)`);
    await runner.query(`CREATE TABLE blob_uses (
      user_id text NOT NULL,
      hash text NOT NULL,
      session_id uuid NOT NULL,
      purpose text NOT NULL,
      CONSTRAINT blob_uses_pk PRIMARY KEY (user_id, hash, session_id, purpose),
      CONSTRAINT blob_uses_blob_fk FOREIGN KEY (user_id, hash) REFERENCES blobs (user_id, hash),
      CONSTRAINT blob_uses_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id),
      CONSTRAINT blob_uses_purpose CHECK (purpose IN ('workspace', 'messages'))
    )`);
    await runner.query(`CREATE INDEX blob_uses_session ON blob_uses (session_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE blob_uses`);
    await runner.query(`DROP TABLE blobs`);
  }
}
