import type { QueryConfig } from 'pg';

/** Limit for a process: a stream of new statement texts must not fill PostgreSQL's memory. */
const MOST_PREPARED = 500;

const names = new Map<string, string>();

/** A statement that each connection parses once and then executes by its name. */
export const prepared = (text: string, values: readonly unknown[]): QueryConfig<unknown[]> => ({
  name: nameOf(text),
  text,
  values: [...values],
});

/** Undefined = not prepared. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size === MOST_PREPARED) return known;
  const name = [...subjectOf(text), names.size].join('_');
  names.set(text, name);
  return name;
}

/** Verb and table, so that PostgreSQL's log and `pg_prepared_statements` can be read: `insert_runs_12`. */
function subjectOf(text: string): string[] {
  const verb = /\b(select|insert|update|delete)\b/i.exec(text)?.[1];
  const table = /\b(?:from|into|update)\s+([a-z_]+)/i.exec(text)?.[1];
  return [verb, table].filter((word) => word !== undefined);
}
