/** The part of a list that is requested. */
export interface PageRequest {
  /** 1..200 */
  readonly limit: number;
  /** Where the page before ended. */
  readonly cursor: string | undefined;
}

/** One part of a list. */
export interface Page<T> {
  readonly data: T[];
  readonly hasMore: boolean;
  readonly nextCursor: string | null;
}

/** Makes a page of rows that were read with a limit of one more than was asked for. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => T,
  cursorOf: (row: Row) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return { data: shown.map(view), hasMore, nextCursor: hasMore && last ? cursorOf(last) : null };
}
