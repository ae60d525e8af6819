import { Page } from '../../application/page.js';

/** Rows may hold whole files, and a response is built in memory. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** The column that `bySize` adds to a row. */
export interface Counted {
  /** The number of rows before the page was cut. */
  readonly found: number;
}

/**
 * Cuts a page after the row that exceeds the size limit.
 * @param rows a select with a limit of one more than the page size
 * @param order the order by which `rows` is sorted
 * @param large the columns that may be large; PostgreSQL knows the length of a text without reading it, that of a jsonb not
 */
export const bySize = (rows: string, order: string, large: readonly string[]): string => {
  const size = large.map((column) => `coalesce(octet_length("${column}"::text), 0)`).join(' + ');
  return `
  with page as (select *, ${size} as size from (${rows}) as row), sized as (
    select page.*, count(*) over () as found, sum(size) over (order by ${order}) - size as before from page
  )
  select * from sized where before < ${PAGE_BYTES} order by ${order}`;
};

/** Makes a page of rows read by `bySize`. */
export function pageBySize<Row>(
  rows: readonly (Row & Counted)[],
  limit: number,
  cursorOf: (row: Row) => string,
): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const hasMore = last !== undefined && data.length < last.found;
  return { data, hasMore, nextCursor: hasMore ? cursorOf(last) : null };
}
