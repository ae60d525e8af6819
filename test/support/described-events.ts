import { expect } from 'vitest';
import { z } from 'zod';
import { SessionEventDto } from '../../src/modules/runs/api/events.dto.js';

/** Fails where an event is not what the API says of it: a field is missing, of another type, or not described. */
export function expectDescribed(event: { id: string; type: string; created_at: string }): void {
  const what = `event ${event.id} (${event.type}) is not as the API describes it`;
  const parsed = SessionEventDto.safeParse(event);
  if (!parsed.success) throw new Error(`${what}:\n${z.prettifyError(parsed.error)}`);
  // Schemas leave out the fields that they do not know, at every level: those show as differences.
  expect(parsed.data, what).toEqual(withoutProto(event));
}

/** zod leaves out a key of this name in any object; a hostile model may write one into the arguments of a tool. */
const withoutProto = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, part: unknown) => (key === '__proto__' ? undefined : part));
