import { describe, expect, it } from 'vitest';
import { isId } from '../domain/ids.js';
import { UuidV7Ids } from './uuid-v7-ids.js';

const NOON = Date.parse('2026-11-20T12:00:00Z');

describe('ids', () => {
  let now = NOON;
  const ids = new UuidV7Ids({ now: () => new Date(now) });
  const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

  it('have the time of the given clock, not that of the process', () => {
    now = NOON;
    const id = ids.next();
    expect(isId(id)).toBe(true);
    expect(timeOf(id)).toBe(NOON);
  });

  it('grow within a millisecond, and when the clock is set back', () => {
    now = NOON + 1;
    const made = Array.from({ length: 10_000 }, () => ids.next());
    now = NOON - 3_600_000;
    made.push(ids.next(), ids.next());
    now = NOON + 2;
    made.push(ids.next());
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(made.length);
    expect(timeOf(made.at(-1)!)).toBe(NOON + 2);
  });
});
