import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { listOf } from '../../../shared/api/list.dto.js';
import { JobDto } from '../../jobs/index.js';
import {
  SYNOPSIS_KINDS,
  SYNOPSIS_LIMITS as LIMITS,
  SYNOPSIS_STATUSES,
  SynopsisView,
  VersionSummary,
  VersionView,
  isWithinLimit,
} from '../application/synopsis-view.js';

export const FormQueryDto = z.strictObject({
  mode: z
    .enum(['background', 'sync'])
    .default('background')
    .describe('`background`: answers at once; `sync`: answers when it is formed'),
});

export type FormQueryDto = z.infer<typeof FormQueryDto>;

export const SynopsisItemDto = z
  .discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('heading'), text: humanText(LIMITS.heading) })
      .meta({ id: 'SynopsisHeading' }),
    z.strictObject({ kind: z.literal('text'), text: humanText(LIMITS.text) }).meta({ id: 'SynopsisText' }),
    z
      .strictObject({
        kind: z.literal('decision'),
        text: humanText(LIMITS.text),
        reason: humanText(LIMITS.text).optional(),
      })
      .meta({ id: 'SynopsisDecision' }),
    z
      .strictObject({ kind: z.literal('open_question'), text: humanText(LIMITS.text) })
      .meta({ id: 'SynopsisOpenQuestion' }),
    z
      .strictObject({
        kind: z.literal('code'),
        text: humanText(LIMITS.text),
        language: humanText(LIMITS.language).optional(),
      })
      .meta({ id: 'SynopsisCode' }),
    z
      .strictObject({
        kind: z.literal('list'),
        entries: z.array(humanText(LIMITS.entry)).min(1).max(LIMITS.entries),
      })
      .meta({ id: 'SynopsisList' }),
  ])
  .meta({ id: 'SynopsisItem', description: 'One entry of a synopsis; `kind` says what it holds' });

const ITEMS = [
  { kind: 'heading' as const, text: 'Login' },
  { kind: 'decision' as const, text: 'Tokens last an hour', reason: 'The phone app cannot renew them' },
  { kind: 'open_question' as const, text: 'Who may revoke them?' },
  { kind: 'list' as const, entries: ['src/login.ts', 'src/token.ts'] },
];

export const EditSynopsisDto = z
  .strictObject({
    title: humanText(LIMITS.title),
    items: z.array(SynopsisItemDto).min(1).max(LIMITS.items),
    based_on: z
      .int()
      .min(0)
      .optional()
      .describe('The version you had before you, 0 = none: where another one is live by now, 409'),
  })
  .refine(isWithinLimit, {
    path: ['items'],
    message: `must not be larger than ${LIMITS.content} characters as a whole`,
  })
  .meta({ id: 'EditSynopsis', example: { title: 'Fix the login', items: ITEMS, based_on: 1 } });

export type EditSynopsisDto = z.infer<typeof EditSynopsisDto>;

const about = {
  version: z.int(),
  kind: z.enum(SYNOPSIS_KINDS).describe('By an agent, or by a human'),
  title: z.string(),
  covers_up_to: z
    .int()
    .describe('How many of the session’s messages, from the first, it covers; see its message_count'),
  covers_up_to_message_id: z.string().nullable().describe('The last of them'),
  generated_by: z.string().nullable().describe('The job that wrote it'),
  edited_by: z.string().nullable().describe('The user who wrote it'),
  created_at: z.string(),
};
const items = z.array(SynopsisItemDto);

const EXAMPLE = {
  session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
  version: 2,
  kind: 'generated' as const,
  title: 'Fix the login',
  covers_up_to: 14,
  covers_up_to_message_id: '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10',
  generated_by: '0198c6b0-11aa-7c21-9b3e-7d6c5b4a3f20',
  edited_by: null,
  created_at: '2026-11-20T10:15:00.000Z',
};

export const SynopsisVersionDto: z.ZodType<VersionView> = z
  .object({ session_id: z.string(), ...about, items })
  .meta({
    id: 'SynopsisVersion',
    description: 'What a synopsis said at some time; never changed once it is there',
    example: { ...EXAMPLE, items: ITEMS },
  });

export const SynopsisVersionListDto = listOf(
  (z.object(about) satisfies z.ZodType<VersionSummary>).meta({
    id: 'SynopsisVersionSummary',
    description: 'A version without what it says',
  }),
  'SynopsisVersionList',
);

export const SynopsisDto: z.ZodType<SynopsisView> = z
  .object({
    session_id: z.string(),
    status: z
      .enum(SYNOPSIS_STATUSES)
      .describe('`forming`: a job is at work on the next version, whether or not there is one already'),
    job_id: z.string().nullable().describe('That job'),
    version: about.version.nullable(),
    kind: about.kind.nullable(),
    title: about.title.nullable(),
    items: items.nullable(),
    covers_up_to: about.covers_up_to.nullable(),
    covers_up_to_message_id: about.covers_up_to_message_id,
    generated_by: about.generated_by,
    edited_by: about.edited_by,
    created_at: about.created_at.nullable(),
  })
  .meta({
    id: 'Synopsis',
    description: 'The live version of a session’s synopsis; null where there is none yet',
    example: { ...EXAMPLE, status: 'ready', job_id: null, items: ITEMS },
  });

export const FormedDto = z.union([SynopsisDto, JobDto]).meta({
  id: 'FormedSynopsis',
  description: '`sync`: the synopsis; `background`: the job there was already',
});
