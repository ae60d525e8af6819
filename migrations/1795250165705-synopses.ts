import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Synopses1795250165705 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE synopsis_versions (
      id uuid NOT NULL,
      session_id uuid NOT NULL,
      version integer NOT NULL,
      title text NOT NULL,
      items jsonb NOT NULL,
      kind text NOT NULL,
      covers_up_to integer NOT NULL,
      covers_up_to_message_id uuid,
      job_id uuid,
      author text,
      created_at timestamptz NOT NULL,
      CONSTRAINT synopsis_versions_pk PRIMARY KEY (id),
      CONSTRAINT synopsis_versions_version UNIQUE (session_id, version),
      CONSTRAINT synopsis_versions_session_fk FOREIGN KEY (session_id) REFERENCES sessions (id),
      CONSTRAINT synopsis_versions_from_one CHECK (version >= 1),
      CONSTRAINT synopsis_versions_kind CHECK (kind IN ('generated', 'edited')),
      CONSTRAINT synopsis_versions_generated CHECK ((kind = 'generated') = (job_id IS NOT NULL)),
      CONSTRAINT synopsis_versions_edited CHECK ((kind = 'edited') = (author IS NOT NULL)),
      CONSTRAINT synopsis_versions_coverage CHECK ((covers_up_to = 0) = (covers_up_to_message_id IS NULL))
    )`);
    await runner.query(`CREATE TABLE synopses (
      session_id uuid NOT NULL,
      live_version integer NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      version integer NOT NULL,
      CONSTRAINT synopses_pk PRIMARY KEY (session_id),
      CONSTRAINT synopses_live_fk FOREIGN KEY (session_id, live_version)
        REFERENCES synopsis_versions (session_id, version)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE synopses`);
    await runner.query(`DROP TABLE synopsis_versions`);
  }
}
