import { EntitySchema, EntitySchemaColumnOptions } from 'typeorm';
import { columnNameOf } from './snake-naming-strategy.js';

/** What PostgreSQL is asked. Its values are always parameters, so that statements are worded alike and prepared once. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A value that PostgreSQL works out. */
export class Expression {
  /** @param word gives the expression in SQL; what it asks `parameter` to pass on is no part of the text */
  constructor(readonly word: (parameter: (value: unknown) => string) => string) {}
}

/** A row, or part of one, to be written. */
export type Written<Row> = { readonly [Column in keyof Row]?: Row[Column] | Expression };

/** SQLSTATE that `require_rows` raises. */
export const ROWS_MISSING = 'AR001';

/** Rows of a table, whole; a condition is to follow. */
export const selectOf = <Row>(schema: EntitySchema<Row>): string => tableOf(schema).select;

export function insertOf<Row>(schema: EntitySchema<Row>, row: Written<Row>): Statement {
  const { columns, expressions, values } = assignments(schema, row);
  const text = `insert into ${tableOf(schema).name} (${columns.join(', ')}) values (${expressions.join(', ')})`;
  return { text, values };
}

/** Inserts a row, or replaces the one with the same id. */
export function upsertOf<Row extends { id: string }>(
  schema: EntitySchema<Row>,
  row: Written<Row>,
): Statement {
  const { text, values } = insertOf(schema, row);
  const { columns } = assignments(schema, row);
  const set = columns.map((column) => `${column} = excluded.${column}`);
  return { text: `${text} on conflict (id) do update set ${set.join(', ')}`, values };
}

/**
 * Compare-and-set: writes the row only where it still has the version it was loaded with, and raises that by one.
 * Fails by ROWS_MISSING when somebody else was faster.
 */
export function updateOf<Row extends { id: string; version: number }>(
  schema: EntitySchema<Row>,
  { id, version, ...rest }: Written<Row> & Pick<Row, 'id' | 'version'>,
): Statement {
  const { columns, expressions, values } = assignments(schema, rest as Written<Row>, [id, version]);
  const set = columns.map((column, index) => `${column} = ${expressions[index]}`);
  const table = tableOf(schema);
  const key = table.columns.get('id')!.name;
  return {
    text: requiringOne(
      `update ${table.name} set ${set.join(', ')}, version = version + 1 where ${key} = $1 and version = $2`,
    ),
    values,
  };
}

/** Makes a statement fail by ROWS_MISSING where it does not write exactly one row. */
export const requiringOne = (statement: string): string =>
  `with written as (${statement} returning 1) select require_rows(count(*), 1) from written`;

function assignments<Row>(schema: EntitySchema<Row>, row: Written<Row>, before: readonly unknown[] = []) {
  const table = tableOf(schema);
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

/** What statements need to know of a schema. */
interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<string, { readonly name: string; readonly isJson: boolean }>;
  readonly select: string;
}

const tables = new WeakMap<object, Table>();

function tableOf<Row>(schema: EntitySchema<Row>): Table {
  const known = tables.get(schema);
  if (known) return known;
  const { tableName, name, columns: options } = schema.options;
  const columns = new Map(
    Object.entries(options as Record<string, EntitySchemaColumnOptions>).map(([property, column]) => [
      property,
      {
        name: column.name ?? columnNameOf(property),
        isJson: ['json', 'jsonb'].includes(String(column.type)),
      },
    ]),
  );
  const selection = [...columns].map(([property, column]) => `${column.name} as "${property}"`).join(', ');
  const table = {
    name: tableName ?? name,
    columns,
    select: `select ${selection} from ${tableName ?? name}`,
  };
  tables.set(schema, table);
  return table;
}

const toJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
