import { Injectable } from '@nestjs/common';
import { DataSource, EntitySchema } from 'typeorm';

/** A statement for PostgreSQL. All values are parameters, so that equal texts are prepared once. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A value that PostgreSQL computes. */
export class Expression {
  /** @param word returns the SQL; values that it passes to `parameter` are not part of the text */
  constructor(readonly word: (parameter: (value: unknown) => string) => string) {}
}

/** A row, or part of one, to be written. */
export type Written<Row> = { readonly [Column in keyof Row]?: Row[Column] | Expression };

/** SQLSTATE raised by the SQL function `require_rows`. */
export const ROWS_MISSING = 'AR001';

/** Makes a statement fail with ROWS_MISSING unless it writes exactly one row. */
export const requiringOne = (statement: string): string =>
  `with written as (${statement} returning 1) select require_rows(count(*), 1) from written`;

/** The metadata that statements need. */
interface Table {
  readonly name: string;
  /** By property. */
  readonly columns: ReadonlyMap<string, { readonly name: string; readonly isJson: boolean }>;
  /** Those that were made before, by alias and what is left out: units of work ask for the same ones again and again. */
  readonly columnLists: Map<string, string>;
}

/** Builds statements from TypeORM's metadata, the only mapping of row properties to columns. */
@Injectable()
export class RowStatements {
  private readonly tables = new Map<object, Table>();

  constructor(private readonly dataSource: DataSource) {}

  /** Selects whole rows; a join or a condition may follow. @param alias of the table */
  selectOf<Row>(schema: EntitySchema<Row>, alias?: string): string {
    const from = [this.tableOf(schema).name, alias].filter((word) => word !== undefined).join(' ');
    return `select ${this.columnsOf(schema, alias)} from ${from}`;
  }

  /**
   * The columns of a table, named by property, for selects with further expressions.
   * @param alias of the table, if it has one
   * @param except properties to leave out
   */
  columnsOf<Row>(
    schema: EntitySchema<Row>,
    alias?: string,
    except: readonly (keyof Row & string)[] = [],
  ): string {
    const { columns, columnLists } = this.tableOf(schema);
    const key = [alias, ...except].join();
    const known = columnLists.get(key);
    if (known !== undefined) return known;
    const unwanted = new Set<string>(except);
    const prefix = alias === undefined ? '' : `${alias}.`;
    const list = [...columns]
      .filter(([property]) => !unwanted.has(property))
      .map(([property, { name }]) => `${prefix}${name} as "${property}"`)
      .join(', ');
    columnLists.set(key, list);
    return list;
  }

  insertOf<Row>(schema: EntitySchema<Row>, row: Written<Row>): Statement {
    const { columns, expressions, values } = this.assignments(schema, row);
    const { name } = this.tableOf(schema);
    const text = `insert into ${name} (${columns.join(', ')}) values (${expressions.join(', ')})`;
    return { text, values };
  }

  /** Inserts a row, or replaces the one with the same id. */
  upsertOf<Row extends { id: string }>(schema: EntitySchema<Row>, row: Written<Row>): Statement {
    const { text, values } = this.insertOf(schema, row);
    const set = this.assignments(schema, row).columns.map((column) => `${column} = excluded.${column}`);
    return { text: `${text} on conflict (id) do update set ${set.join(', ')}`, values };
  }

  /**
   * Compare-and-set: writes the row only if it still has the version it was loaded with, and increments that. Fails
   * with ROWS_MISSING if another transaction was faster.
   */
  updateOf<Row extends { id: string; version: number }>(
    schema: EntitySchema<Row>,
    { id, version, ...rest }: Written<Row> & Pick<Row, 'id' | 'version'>,
  ): Statement {
    const { columns, expressions, values } = this.assignments(schema, rest as Written<Row>, [id, version]);
    const set = columns.map((column, index) => `${column} = ${expressions[index]}`);
    const table = this.tableOf(schema);
    const key = table.columns.get('id')!.name;
    return {
      text: requiringOne(
        `update ${table.name} set ${set.join(', ')}, version = version + 1 where ${key} = $1 and version = $2`,
      ),
      values,
    };
  }

  private assignments<Row>(schema: EntitySchema<Row>, row: Written<Row>, before: readonly unknown[] = []) {
    const table = this.tableOf(schema);
    const columns: string[] = [];
    const expressions: string[] = [];
    const values = [...before];
    const parameter = (value: unknown) => `$${values.push(value)}`;
    for (const [property, value] of Object.entries(row)) {
      const column = table.columns.get(property);
      if (value === undefined || !column) continue; // a state may hold more than its row keeps
      columns.push(column.name);
      if (value instanceof Expression) expressions.push(value.word(parameter));
      else expressions.push(parameter(column.isJson ? toJson(value) : value));
    }
    return { columns, expressions, values };
  }

  private tableOf<Row>(schema: EntitySchema<Row>): Table {
    const known = this.tables.get(schema);
    if (known) return known;
    const { tableName, columns } = this.dataSource.getMetadata(schema);
    const table: Table = {
      name: tableName,
      columnLists: new Map(),
      columns: new Map(
        columns.map(({ propertyName, databaseName, type }) => [
          propertyName,
          { name: databaseName, isJson: type === 'json' || type === 'jsonb' },
        ]),
      ),
    };
    this.tables.set(schema, table);
    return table;
  }
}

const toJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
