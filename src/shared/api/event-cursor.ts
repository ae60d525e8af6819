import { z } from 'zod';
import { InputInvalid } from '../domain/domain-error.js';

export const EventQueryDto = z.strictObject({
  after: z.string().optional().describe('Resume after this event id; 0 = from the beginning'),
});

export type EventQueryDto = z.infer<typeof EventQueryDto>;

/**
 * The cursor that a reader asks for; undefined without one. The header wins: when a browser's EventSource reconnects,
 * it
 * repeats the URL it was created with.
 * @throws InputInvalid for text that is not an event id
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
