import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { SessionView } from '../application/session.queries.js';

const MAX_TITLE = 200;

const metadata = z
  .record(z.string().max(100), JsonDto)
  .refine((value) => JSON.stringify(value).length <= 16_384, 'must not be larger than 16 KB');

const modelId = z.string().min(1).max(100);
const effort = z.string().min(1).max(20);

export const TitleSourceDto = z.enum(['user', 'first_message', 'model']);

export const CreateSessionDto = z
  .strictObject({
    title: humanText(MAX_TITLE).optional(),
    agent: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('The agent that answers; without it the runtime decides by task'),
    model: modelId.optional().describe('The model that answers, of `GET /v1/models`'),
    reasoning_effort: effort.optional().describe('How much it is to reason: one of the efforts of the model'),
    metadata: metadata.optional().describe('Whatever the client wants to find again'),
  })
  .meta({ id: 'CreateSession', example: { title: 'Fix the login', metadata: { workspace: 'shop' } } });

export type CreateSessionDto = z.infer<typeof CreateSessionDto>;

export const ChangeSessionDto = z
  .strictObject({
    title: humanText(MAX_TITLE).optional(),
    archived: z.boolean().optional(),
    model: modelId
      .nullable()
      .optional()
      .describe('The model that answers from the next run on; null takes the choice back'),
    reasoning_effort: effort.nullable().optional(),
    metadata: metadata.optional().describe('Replaces all of it'),
  })
  .refine(
    (value) => Object.keys(value).length > 0,
    'must change something: title, archived, model, reasoning_effort or metadata',
  )
  .meta({ id: 'ChangeSession', example: { archived: true } });

export type ChangeSessionDto = z.infer<typeof ChangeSessionDto>;

export const SessionQueryDto = PageQueryDto.extend({
  archived: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .describe('Only those that are archived, or only those that are not'),
  status: z.enum(['running', 'waiting']).optional().describe('Of the active run'),
  q: humanText(200)
    .optional()
    .describe(
      'A text in the title or in a message of the user, in any case. A page may be short: go on by its cursor',
    ),
  sort: z.enum(['created_at', 'updated_at']).default('created_at').describe('Newest first'),
});

export type SessionQueryDto = z.infer<typeof SessionQueryDto>;

export const SessionDto = z
  .object({
    id: z.string(),
    title: z.string(),
    title_source: TitleSourceDto.nullable().describe(
      'The user, the first line of the first message, or a model; null = no title yet',
    ),
    agent: z.string().describe('The agent that answers'),
    chosen_agent: z
      .string()
      .nullable()
      .describe('The agent that the user has chosen; null = the runtime chooses, and `agent` is its choice'),
    model: z.string().nullable().describe('The model chosen for its answers; null = none'),
    reasoning_effort: z.string().nullable(),
    model_missing: z
      .boolean()
      .describe(
        'The chosen model is not there any more: answers are those of the agent’s or the default one',
      ),
    phase: z.string().describe('Of the active run; `idle` without one'),
    active_run: z
      .object({
        id: z.string(),
        status: z.string(),
        phase: z.string(),
        agent: z.string(),
        waiting_for: z.array(z.object({ kind: z.string(), id: z.string() })),
        first_event_id: z.string().describe('The cursor before its first event'),
        created_at: z.string(),
      })
      .nullable(),
    message_count: z.int(),
    last_event_id: z.string().describe('The cursor of the newest event'),
    metadata: z.record(z.string(), JsonDto),
    created_at: z.string(),
    updated_at: z.string(),
    archived_at: z.string().nullable(),
  })
  .meta({
    id: 'Session',
    description: 'One workspace conversation',
    example: {
      id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      title: 'Fix the login',
      title_source: 'user',
      agent: 'orchestrator',
      chosen_agent: null,
      model: null,
      reasoning_effort: null,
      model_missing: false,
      phase: 'idle',
      active_run: null,
      message_count: 0,
      last_event_id: '0',
      metadata: { workspace: 'shop' },
      created_at: '2026-11-20T10:15:00.000Z',
      updated_at: '2026-11-20T10:15:00.000Z',
      archived_at: null,
    },
  });

export type SessionDto = z.infer<typeof SessionDto>;

export const SessionListDto = listOf(SessionDto, 'SessionList');

export const toSessionDto = (session: SessionView): SessionDto => ({
  id: session.id,
  title: session.title,
  title_source: session.titleSource,
  agent: session.agent,
  chosen_agent: session.chosenAgent,
  model: session.model,
  reasoning_effort: session.reasoningEffort,
  model_missing: session.modelMissing,
  phase: session.phase,
  active_run: session.activeRun && {
    id: session.activeRun.id,
    status: session.activeRun.status,
    phase: session.activeRun.phase,
    agent: session.activeRun.agent,
    waiting_for: session.activeRun.waitingFor,
    first_event_id: String(session.activeRun.eventsAfter),
    created_at: session.activeRun.createdAt.toISOString(),
  },
  message_count: session.messageCount,
  last_event_id: String(session.lastEventId),
  metadata: session.metadata,
  created_at: session.createdAt.toISOString(),
  updated_at: session.updatedAt.toISOString(),
  archived_at: session.archivedAt?.toISOString() ?? null,
});
