import { z } from 'zod';
import { JsonObject } from '../../../shared/domain/json.js';
import { storableText } from '../../../shared/domain/storable.js';
import { ParsedSynopsis, SynopsisFormat } from '../application/synopsis-format.js';
import { SYNOPSIS_LIMITS as LIMITS, SynopsisItem, isWithinLimit } from '../domain/synopsis-content.js';

const MAX_FAULTS = 20;

const text = (most: number) => z.string().transform(storableText).pipe(z.string().trim().min(1).max(most));
/** An optional text: models that must name every field send null or an empty string. */
const ifAny = (most: number) =>
  z
    .string()
    .transform((value) => storableText(value).trim())
    .pipe(z.string().max(most))
    .nullish()
    .transform((value) => value || undefined);

const CONTENT = z
  .object({
    title: text(LIMITS.title),
    items: z
      .array(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('heading'), text: text(LIMITS.heading) }),
          z.object({ kind: z.literal('text'), text: text(LIMITS.text) }),
          z.object({ kind: z.literal('decision'), text: text(LIMITS.text), reason: ifAny(LIMITS.text) }),
          z.object({ kind: z.literal('open_question'), text: text(LIMITS.text) }),
          // Code is not trimmed.
          z.object({
            kind: z.literal('code'),
            text: z.string().transform(storableText).pipe(z.string().min(1).max(LIMITS.text)),
            language: ifAny(LIMITS.language),
          }),
          z.object({
            kind: z.literal('list'),
            entries: z.array(text(LIMITS.entry)).min(1).max(LIMITS.entries),
          }),
        ]),
      )
      .min(1)
      .max(LIMITS.items),
  })
  .refine(isWithinLimit, `must not be larger than ${LIMITS.content} characters as a whole`);

export class ZodSynopsisFormat extends SynopsisFormat {
  /** Written by hand: providers require every field and do not support lengths of texts. */
  readonly schema: JsonObject = object({
    title: { type: 'string', description: `What the session is about; at most ${LIMITS.title} characters` },
    items: {
      type: 'array',
      description: `1 to ${LIMITS.items}, in the order in which they are read`,
      items: {
        anyOf: [
          item('heading', { text: TEXT }),
          item('text', { text: TEXT }),
          item('decision', { text: TEXT, reason: NULLABLE }),
          item('open_question', { text: TEXT }),
          item('code', { text: TEXT, language: NULLABLE }),
          item('list', { entries: { type: 'array', items: TEXT } }),
        ],
      },
    },
  });

  parse(answer: string): ParsedSynopsis {
    let given: unknown;
    try {
      given = JSON.parse(answer);
    } catch {
      return { ok: false, faults: [{ field: 'answer', message: 'must be JSON' }] };
    }
    const parsed = CONTENT.safeParse(given);
    if (parsed.success) return { ok: true, content: parsed.data };
    const faults = parsed.error.issues.slice(0, MAX_FAULTS).map((issue) => ({
      field: issue.path.join('.') || 'answer',
      message: issue.message,
    }));
    return { ok: false, faults };
  }
}

const TEXT: JsonObject = { type: 'string' };
const NULLABLE: JsonObject = { type: ['string', 'null'] };

function object(properties: JsonObject): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const item = (kind: SynopsisItem['kind'], properties: JsonObject): JsonObject =>
  object({ kind: { type: 'string', enum: [kind] }, ...properties });
