import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { translateDatabaseError } from './database-errors.js';

/** Reads that only display, and statements that are a transaction of their own. Writes of state go through UnitOfWork. */
@Injectable()
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws DatabaseUnavailable when the database cannot be reached */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.dataSource.query<Row[]>(sql, [...parameters]);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
