import { Page } from '../../application/page.js';

/** Rows may hold whole files, and an answer is made in memory. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** What `bySize` adds to a row. */
export interface Counted {
  /** How many rows there were before the page was cut. */
  readonly found: number;
}

/**
 * Cuts a page where it becomes large: the row with which it does is its last.
 * @param rows selects them, with a limit of one more than was asked for
 * @param order of the columns of `rows`, as it is there
 */
export const bySize = (rows: string, order: string): string => `
  with page as (${rows}), sized as (
    select page.*, count(*) over () as found,
           sum(octet_length(page::text)) over (order by ${order}) - octet_length(page::text) as before
      from page
  )
  select * from sized where before < ${PAGE_BYTES} order by ${order}`;

/** Makes a page of rows that were read by `bySize`. */
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
