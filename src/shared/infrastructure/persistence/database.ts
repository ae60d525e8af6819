import { Injectable } from '@nestjs/common';
import type { Client } from 'pg';
import { DataSource } from 'typeorm';
import { DatabaseUnavailable } from '../../application/errors.js';
import { withRetries } from '../../application/retry.js';
import { Shutdown } from '../../application/shutdown.js';
import { anotherAttempt } from './another-attempt.js';
import type { PostgresOptions } from './data-source.js';
import { fromHere, noConnection, translateDatabaseError } from './database-errors.js';
import { prepared } from './prepared-statements.js';

/** A connection of the pool, to be released after use. */
export interface Connection {
  readonly client: Client;
  release(): Promise<void>;
}

/** Queries for display, and statements that are a transaction of their own. Writes of state go through UnitOfWork. */
@Injectable()
export class Database {
  /** The migrations of this code, by name and in order, whether the database has run them or not. */
  readonly migrations: readonly string[];
  private readonly poolSize: number;
  /** Each resolves when its connection is released. */
  private readonly inUse = new Set<Promise<void>>();

  constructor(
    private readonly dataSource: DataSource,
    shutdown: Shutdown,
  ) {
    this.poolSize = (dataSource.options as PostgresOptions).poolSize!;
    this.migrations = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
    shutdown.register('close_database', () => this.close());
  }

  /**
   * Sends a statement, and up to twice more after a passing trouble: a write must be safe to repeat.
   * @throws DatabaseUnavailable
   */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await withRetries(anotherAttempt(), () => this.queryOnce<Row>(sql, parameters));
    } catch (error) {
      throw fromHere(error);
    }
  }

  private async queryOnce<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    const connection = await this.connect();
    try {
      return (await connection.client.query(prepared(sql, parameters))).rows as Row[];
    } catch (error) {
      throw translateDatabaseError(error);
    } finally {
      await connection.release();
    }
  }

  /** A connection for a unit of work. @throws DatabaseUnavailable when the pool has none */
  async connect(): Promise<Connection> {
    const runner = this.dataSource.createQueryRunner();
    const { promise: use, resolve: end } = Promise.withResolvers<void>();
    this.inUse.add(use);
    const release = async () => {
      await runner.release();
      this.inUse.delete(use);
      end();
    };
    try {
      return { client: (await runner.connect()) as Client, release };
    } catch (error) {
      await release();
      throw noConnection(fromHere(error));
    }
  }

  /** See UnitOfWork. */
  async takeTurn(): Promise<void> {
    if (this.inUse.size < this.poolSize) return; // none waits
    try {
      const connection = await this.connect();
      await connection.release();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error; // there is no queue then
    }
  }

  /**
   * Waits until every connection is released: TypeORM releases those in use at once, and the next caller would
   * continue in a transaction of another.
   */
  private async close(): Promise<void> {
    while (this.inUse.size > 0) await Promise.all(this.inUse);
    await this.dataSource.destroy();
  }
}
