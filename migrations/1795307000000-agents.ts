import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The versions of agents, and those that each run uses. An empty object in runs that began before. */
export class Agents1795307000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE agents (
      owner text NOT NULL,
      id text NOT NULL,
      version integer NOT NULL,
      definition text NOT NULL,
      digest text NOT NULL,
      created_at timestamptz NOT NULL,
      archived_at timestamptz,
      CONSTRAINT agents_pk PRIMARY KEY (owner, id, version),
      CONSTRAINT agents_version CHECK (version > 0),
      CONSTRAINT agents_digest CHECK (digest ~ '^[0-9a-f]{64}$')
    )`);
    await runner.query(`CREATE UNIQUE INDEX agents_current ON agents (owner, id) WHERE archived_at IS NULL`);
    await runner.query(`CREATE INDEX agents_id ON agents (id, version)`);
    await runner.query(`ALTER TABLE runs ADD agent_versions jsonb DEFAULT '{}' NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE runs DROP COLUMN agent_versions`);
    await runner.query(`DROP TABLE agents`);
  }
}
