import { z } from 'zod';
import { InputInvalid } from '../domain/domain-error.js';

export const EventQueryDto = z.strictObject({
  after: z.string().optional().describe('Resume after this event id; 0 = from the beginning'),
});

export type EventQueryDto = z.infer<typeof EventQueryDto>;

/**
 * Where a reader wants to go on: the header wins, since a browser's EventSource reconnects with the address it was
 * first given. Undefined where neither says.
 * @throws InputInvalid for what is not an event id
 */
export function eventCursor(lastEventId: string | undefined, after: string | undefined): number | undefined {
  const given = lastEventId === undefined || lastEventId === '' ? after : lastEventId;
  if (given === undefined) return undefined;
  if (!/^\d{1,15}$/.test(given)) {
    const field = given === after ? 'after' : 'Last-Event-ID';
    throw new InputInvalid([{ field, message: 'is not an event id: a whole number' }]);
  }
  return Number(given);
}
