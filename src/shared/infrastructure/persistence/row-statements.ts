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

/** The columns of a table by the names of the row's properties. */
export const columnsOf = <Row>(schema: EntitySchema<Row>, alias: string): string =>
  Object.keys(schema.options.columns)
    .map((property) => `${alias}.${columnOf(schema, property)} as "${property}"`)
    .join(', ');

export function insertOf<Row>(schema: EntitySchema<Row>, row: Written<Row>): Statement {
  const { columns, expressions, values } = assignments(schema, row);
  const text = `insert into ${tableOf(schema)} (${columns.join(', ')}) values (${expressions.join(', ')})`;
  return { text, values };
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
  const key = columnOf(schema, 'id');
  return {
    text: requiringOne(
      `update ${tableOf(schema)} set ${set.join(', ')}, version = version + 1 where ${key} = $1 and version = $2`,
    ),
    values,
  };
}

/** Makes a statement fail by ROWS_MISSING where it does not write exactly one row. */
export const requiringOne = (statement: string): string =>
  `with written as (${statement} returning 1) select require_rows(count(*), 1) from written`;

function assignments<Row>(schema: EntitySchema<Row>, row: Written<Row>, before: readonly unknown[] = []) {
  const columns: string[] = [];
  const expressions: string[] = [];
  const values = [...before];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  for (const [property, value] of Object.entries(row)) {
    if (value === undefined) continue;
    columns.push(columnOf(schema, property));
    if (value instanceof Expression) expressions.push(value.word(parameter));
    else expressions.push(parameter(isJson(schema, property) ? toJson(value) : value));
  }
  return { columns, expressions, values };
}

const tableOf = <Row>({ options }: EntitySchema<Row>): string => options.tableName ?? options.name;

const optionsOf = <Row>(schema: EntitySchema<Row>, property: string) =>
  (schema.options.columns as Record<string, EntitySchemaColumnOptions | undefined>)[property];

const columnOf = <Row>(schema: EntitySchema<Row>, property: string): string =>
  optionsOf(schema, property)?.name ?? columnNameOf(property);

const isJson = <Row>(schema: EntitySchema<Row>, property: string): boolean =>
  ['json', 'jsonb'].includes(String(optionsOf(schema, property)?.type));

const toJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
