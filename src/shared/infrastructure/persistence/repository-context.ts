import { EntitySchema } from 'typeorm';
import { ConcurrencyError } from '../../domain/domain-error.js';
import { DomainEvent } from '../../domain/domain-event.js';
import { sqlStateOf } from './database-errors.js';
import { ROWS_MISSING, RowStatements, Statement, Written } from './row-statements.js';
import { Explain, SqlTransaction } from './sql-transaction.js';

/** What a repository gets to work with: its transaction, and where its aggregates' events go. */
export class RepositoryContext {
  constructor(
    private readonly transaction: SqlTransaction,
    private readonly statements: RowStatements,
    readonly record: (...events: DomainEvent[]) => void,
  ) {}

  /** Asks, and waits for the answer. */
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.transaction.query<Row>(text, values);
  }

  /** Rows of a table, whole. @param condition in SQL, with what may follow: an order, a lock */
  find<Row>(schema: EntitySchema<Row>, condition: string, values: readonly unknown[]): Promise<Row[]> {
    return this.query<Row>(`${this.statements.selectOf(schema)} where ${condition}`, values);
  }

  /** Sends a change and does not wait: where it is refused, the unit of work fails. @param explain why it is refused */
  write(statement: Statement, explain?: Explain): void {
    this.transaction.write(statement, explain);
  }

  insert<Row>(schema: EntitySchema<Row>, row: Written<Row>, explain?: Explain): void {
    this.write(this.statements.insertOf(schema, row), explain);
  }

  /** Inserts a row, and waits. @returns false where a row like it is there already */
  async insertNew<Row>(schema: EntitySchema<Row>, row: Written<Row>): Promise<boolean> {
    const { text, values } = this.statements.insertOf(schema, row);
    return (await this.query(`${text} on conflict do nothing returning 1`, values)).length === 1;
  }

  /** Inserts a row, or replaces the one with the same id. */
  upsert<Row extends { id: string }>(schema: EntitySchema<Row>, row: Written<Row>): void {
    this.write(this.statements.upsertOf(schema, row));
  }

  /** Compare-and-set by the version. Fails the unit of work with ConcurrencyError when somebody else was faster. */
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
