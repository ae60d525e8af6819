import { EntitySchema } from 'typeorm';
import { ConcurrencyError } from '../../domain/domain-error.js';
import { DomainEvent } from '../../domain/domain-event.js';
import { sqlStateOf } from './database-errors.js';
import { ROWS_MISSING, RowStatements, Statement, Written } from './row-statements.js';
import { Explain, SqlTransaction } from './sql-transaction.js';

/** The tools of a repository: its transaction, and the collectors of its aggregates' events and of notices. */
export class RepositoryContext {
  constructor(
    private readonly transaction: SqlTransaction,
    private readonly statements: RowStatements,
    readonly record: (...events: DomainEvent[]) => void,
    /** Tells this process and others after the commit, by the handlers of the topic (NoticeHandlers). */
    readonly notify: (topic: string, text: string) => void,
    /** Sends a write once the work is done, before its events: for rows that come late in the order of locks. */
    readonly writeLast: (statement: () => Statement) => void,
  ) {}

  /** Sends a query and waits for the rows. */
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.transaction.query<Row>(text, values);
  }

  /** The columns of a table, named by property. */
  columnsOf<Row>(schema: EntitySchema<Row>, except?: readonly (keyof Row & string)[]): string {
    return this.statements.columnsOf(schema, undefined, except);
  }

  /** Whole rows of a table. @param condition in SQL, optionally with an order and a lock */
  find<Row>(schema: EntitySchema<Row>, condition: string, values: readonly unknown[]): Promise<Row[]> {
    return this.query<Row>(`${this.statements.selectOf(schema)} where ${condition}`, values);
  }

  /** Sends a write without waiting: if it is refused, the unit of work fails. @param explain translates the refusal */
  write(statement: Statement, explain?: Explain): void {
    this.transaction.write(statement, explain);
  }

  insert<Row>(schema: EntitySchema<Row>, row: Written<Row>, explain?: Explain): void {
    this.write(this.statements.insertOf(schema, row), explain);
  }

  /** Inserts a row, and waits. @returns false if the row exists already */
  async insertNew<Row>(schema: EntitySchema<Row>, row: Written<Row>): Promise<boolean> {
    const { text, values } = this.statements.insertOf(schema, row);
    return (await this.query(`${text} on conflict do nothing returning 1`, values)).length === 1;
  }

  /** Inserts a row, or replaces the one with the same id. */
  upsert<Row extends { id: string }>(schema: EntitySchema<Row>, row: Written<Row>): void {
    this.write(this.statements.upsertOf(schema, row));
  }

  /** Compare-and-set by version. Fails the unit of work with ConcurrencyError if another transaction was faster. */
  update<Row extends { id: string; version: number }>(
    schema: EntitySchema<Row>,
    row: Written<Row> & Pick<Row, 'id' | 'version'>,
    explain: Explain = (error) => error,
  ): void {
    const what = `${schema.options.name} ${row.id}`;
    this.write(this.statements.updateOf(schema, row), (error) =>
      sqlStateOf(error) === ROWS_MISSING ? new ConcurrencyError(what) : explain(error),
    );
  }
}
