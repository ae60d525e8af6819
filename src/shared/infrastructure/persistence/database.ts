import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { fromHere, translateDatabaseError } from './database-errors.js';
import { prepared } from './prepared-statements.js';

/** One of the pool's connections, to be given back. */
export type Connection = PoolClient;

/** Reads that only display, and statements that are a transaction of their own. Writes of state go through UnitOfWork. */
@Injectable()
export class Database {
  /** Of this code, by name and in order, whether the database has run them or not. */
  readonly migrations: readonly string[];
  private readonly pool: Pool;

  constructor(dataSource: DataSource) {
    this.migrations = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
    this.pool = (dataSource.driver as PostgresDriver).master as Pool;
  }

  /** @throws DatabaseUnavailable when the database cannot be reached */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    let connection: Connection | undefined;
    try {
      connection = await this.connect();
      return (await connection.query(prepared(sql, parameters))).rows as Row[];
    } catch (error) {
      throw translateDatabaseError(fromHere(error));
    } finally {
      connection?.release();
    }
  }

  /** For a unit of work. @throws whatever keeps it from being connected */
  async connect(): Promise<Connection> {
    return this.pool.connect();
  }
}
