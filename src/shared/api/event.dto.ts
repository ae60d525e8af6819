import { z } from 'zod';
import { EventCatalogue, EventType } from '../domain/domain-event.js';

/** What the examples of all events have in common. */
export const EXAMPLE = {
  id: '7',
  session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
  run_id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
  created_at: '2026-11-20T10:15:00.000Z',
};

/** Identical, not only assignable to each other: `{ a: string }` and `{ a: string; b?: string }` are different. */
// The compiler compares conditional types of an open type parameter by identity.
// eslint-disable-next-line typescript/no-unnecessary-type-parameters
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The fields that only one of two types has, or that have different types in them. */
type Differing<A, B> = {
  [Field in keyof A | keyof B]: Field extends keyof A & keyof B
    ? Same<Pick<A, Field>, Pick<B, Field>> extends true
      ? never
      : Field
    : Field;
}[keyof A | keyof B];

/** Accepts a schema of exactly the same type as the data; otherwise the compiler names the fields that differ. */
type Matching<Schema extends z.ZodType, Data> = [Differing<z.output<Schema>, Data>] extends [never]
  ? Schema
  : { differs_from_the_catalogue_in: Differing<z.output<Schema>, Data> };

/** The schema of an event, which the compiler compares with the catalogue. */
export const eventDto = <Type extends EventType, Data extends z.ZodType>(
  type: Type,
  description: string,
  data: Data & Matching<Data, EventCatalogue[Type]>,
  example: z.input<Data>,
) => frameDto(type, description, data as Data, example);

/** The schema of the `data` of a server-sent event. */
export function frameDto<Type extends string, Data extends z.ZodType>(
  type: Type,
  description: string,
  data: Data,
  example: z.input<Data>,
) {
  const name = type.replace(/(^|[._])([a-z])/g, (_match, _dot, letter: string) => letter.toUpperCase());
  return z
    .object({
      id: z.string().describe('The cursor: grows by one per event of a session'),
      type: z.literal(type),
      session_id: z.string(),
      run_id: z.string().nullable(),
      created_at: z.string(),
      data,
    })
    .meta({ id: `${name}Event`, description, example: { ...EXAMPLE, type, data: example } });
}
