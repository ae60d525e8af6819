import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ApiKeysAndRequestRates1795275000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE api_keys (
      id uuid NOT NULL,
      user_id text NOT NULL,
      name text NOT NULL,
      hint text NOT NULL,
      hash bytea NOT NULL,
      created_at timestamptz NOT NULL,
      revoked_at timestamptz,
      CONSTRAINT api_keys_pk PRIMARY KEY (id),
      CONSTRAINT api_keys_hash UNIQUE (hash),
      CONSTRAINT api_keys_user_id CHECK (user_id NOT IN ('', 'runtime', 'local')),
      CONSTRAINT api_keys_hashed CHECK (octet_length(hash) = 32)
    )`);
    // Unlogged: a crash loses the counts of a minute only. Free space in the pages allows updates without index writes.
    await runner.query(`CREATE UNLOGGED TABLE request_rates (
      user_id text NOT NULL,
      requests integer NOT NULL,
      window_ends_at timestamptz NOT NULL,
      CONSTRAINT request_rates_pk PRIMARY KEY (user_id)
    ) WITH (fillfactor = 50)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE request_rates`);
    await runner.query(`DROP TABLE api_keys`);
  }
}
