import { z } from 'zod';
import { Page } from '../application/page.js';
import { InputInvalid } from '../domain/domain-error.js';
import { isId } from '../domain/ids.js';
import { storableText } from '../domain/storable.js';

/** A number in a query, in decimal digits only: JavaScript also reads `''`, `0x10` and `1e3` as numbers. */
export const inDigits = <T extends z.ZodType>(number: T) =>
  z.preprocess((value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value), number);

export const PageQueryDto = z.strictObject({
  limit: inDigits(z.int().min(1).max(200).default(50)).describe('The most entries to return'),
  cursor: z.string().max(200).optional().describe('`next_cursor` of the page before'),
});

export type PageQueryDto = z.infer<typeof PageQueryDto>;

/** A list that is short: all of it comes where no limit is asked for. */
export const ShortListQueryDto = PageQueryDto.extend({
  limit: inDigits(z.int().min(1).max(200).optional()).describe('The most entries to return; unset = all'),
});

export type ShortListQueryDto = z.infer<typeof ShortListQueryDto>;

/** @throws InputInvalid for text that is not the id of an entry */
export function pageOfAll<T extends { readonly id: string }>(
  all: readonly T[],
  { limit = all.length, cursor }: ShortListQueryDto,
): Page<T> {
  const isEntry = (id: string) => all.some((entry) => entry.id === id);
  const after = checkedCursor(cursor, isEntry);
  const rest = all.slice(all.findIndex(({ id }) => id === after) + 1);
  const data = rest.slice(0, limit);
  const hasMore = rest.length > data.length;
  return { data, hasMore, nextCursor: hasMore ? data.at(-1)!.id : null };
}

/** The answer of a list route. */
export const listOf = <T extends z.ZodType>(item: T, id: string) =>
  z
    .object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() })
    .meta({ id, description: 'One part of a list; `cursor=next_cursor` asks for the next' });

export const toListDto = <T, D>(page: Page<T>, view: (item: T) => D) => ({
  data: page.data.map(view),
  has_more: page.hasMore,
  next_cursor: page.nextCursor,
});

/** @throws InputInvalid for text that is not a cursor of a list ordered by id */
export function idCursor(cursor: string | undefined): string | undefined {
  return checkedCursor(cursor, isId);
}

/** @throws InputInvalid for text that is not a cursor of a list ordered by position */
export function positionCursor(cursor: string | undefined): string | undefined {
  return checkedCursor(cursor, (value) => /^\d{1,9}$/.test(value));
}

/** @throws InputInvalid for text that is not a cursor of a list ordered by day */
export function dayCursor(cursor: string | undefined): string | undefined {
  return checkedCursor(cursor, (value) => /^\d{4}-\d\d-\d\d$/.test(value));
}

/** @throws InputInvalid for text that is not a cursor of a list ordered by name */
export function nameCursor(cursor: string | undefined): string | undefined {
  return checkedCursor(cursor, (value) => storableText(value) === value);
}

const TIME_CURSOR = /^\d{1,17}_([0-9a-f-]{36})$/;

/** @throws InputInvalid for text that is not a cursor of a list ordered by time: microseconds and an id */
export function timeCursor(cursor: string | undefined): string | undefined {
  return checkedCursor(cursor, (value) => isId(TIME_CURSOR.exec(value)?.[1] ?? ''));
}

function checkedCursor(cursor: string | undefined, isSound: (cursor: string) => boolean): string | undefined {
  if (cursor === undefined || isSound(cursor)) return cursor;
  throw new InputInvalid([{ field: 'cursor', message: 'is not a cursor of this list' }]);
}
