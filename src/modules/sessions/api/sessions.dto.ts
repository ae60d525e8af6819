import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { CallUsageDto } from '../../../shared/api/token-usage.dto.js';
import { NO_CALLS, callUsageView } from '../../../shared/domain/token-usage.js';
import { APPROVAL_MODES } from '../../../shared/domain/approval-mode.js';
import { TODO_STATUSES } from '../../../shared/domain/todo.js';
import { IDE_TOOLS } from '../../agents/index.js';
import { SessionView } from '../application/session.queries.js';

const MAX_TITLE = 200;

const metadata = z
  .record(z.string().max(100), JsonDto)
  .refine((value) => JSON.stringify(value).length <= 16_384, 'must not be larger than 16 KB');

const builtinTools = z
  .array(z.enum(IDE_TOOLS))
  .max(IDE_TOOLS.length)
  .describe(
    'The tools that your client executes; without it `read_file`, `write_file`, `list_files`, `create_directory`, `execute_command` and `search_in_code`',
  );

const fileHashes = z
  .boolean()
  .describe(
    'Your client tells the hash of a file with its text, and checks it before it writes: `edit_file` needs it',
  );

const modelId = z.string().min(1).max(100);
const effort = z.string().min(1).max(20);

const approvalMode = z.enum(APPROVAL_MODES);
const clientClaims = z.enum(['optional', 'required']);

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
    approval_mode: approvalMode
      .optional()
      .describe(
        'What happens to calls that change something: they are refused, asked about, or edits of files need no question. Which modes there are is for the installation to say',
      ),
    builtin_tools: builtinTools.optional(),
    file_hashes: fileHashes.optional(),
    client_claims: clientClaims
      .optional()
      .describe(
        '`required`: answers to tool calls are taken only of clients that have claimed them; `optional` by default',
      ),
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
    approval_mode: approvalMode
      .optional()
      .describe('Holds for calls that are decided on from now on, also those of a run in progress'),
    builtin_tools: builtinTools
      .nullable()
      .optional()
      .describe('As when the session is opened; null takes it back. Refused while a run is active'),
    file_hashes: fileHashes.optional(),
    client_claims: clientClaims.optional().describe('Refused while a run is active'),
    metadata: metadata.optional().describe('Replaces all of it'),
  })
  .refine(
    (value) => Object.keys(value).length > 0,
    'must change something: title, archived, model, reasoning_effort, approval_mode, builtin_tools, file_hashes, client_claims or metadata',
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
  workspace: humanText(200).optional().describe('The name of the workspace'),
  sort: z.enum(['created_at', 'updated_at']).default('created_at').describe('Newest first'),
});

export type SessionQueryDto = z.infer<typeof SessionQueryDto>;

export const TodoDto = z.object({ text: z.string(), status: z.enum(TODO_STATUSES) });

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
    approval_mode: approvalMode.describe('The one that counts'),
    client_claims: clientClaims,
    workspace: z.string().nullable().describe('The name of the workspace; null = no client has said which'),
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
    steers: z
      .array(z.object({ id: z.string(), content: z.string() }))
      .describe('Messages that wait until an agent at work is asked next (`on_busy: "steer"`)'),
    message_count: z.int(),
    last_event_id: z.string().describe('The cursor of the newest event'),
    usage: CallUsageDto.describe(
      'Of all its calls of models, also beside runs: titles, checkpoints, synopses',
    ),
    builtin_tools: z
      .array(z.string())
      .nullable()
      .describe('The tools that the client executes; null = it has not said which'),
    file_hashes: z.boolean(),
    todos: z
      .array(TodoDto)
      .nullable()
      .describe('What the agents have done of a long task, and what remains; null = they have made no list'),
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
      approval_mode: 'ask',
      client_claims: 'optional',
      workspace: null,
      phase: 'idle',
      active_run: null,
      steers: [],
      message_count: 0,
      last_event_id: '0',
      usage: callUsageView(NO_CALLS),
      builtin_tools: null,
      file_hashes: false,
      todos: null,
      metadata: { workspace: 'shop' },
      created_at: '2026-11-20T10:15:00.000Z',
      updated_at: '2026-11-20T10:15:00.000Z',
      archived_at: null,
    },
  });

export type SessionDto = z.infer<typeof SessionDto>;

/** Undefined where nothing is said. */
export const toClaimsRequired = (claims: 'optional' | 'required' | undefined): boolean | undefined =>
  claims && claims === 'required';

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
  approval_mode: session.approvalMode,
  client_claims: session.claimsRequired ? 'required' : 'optional',
  workspace: session.workspace,
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
  steers: session.steers,
  message_count: session.messageCount,
  last_event_id: String(session.lastEventId),
  usage: callUsageView(session.usage),
  builtin_tools: session.builtinTools && [...session.builtinTools],
  file_hashes: session.fileHashes,
  todos: session.todos && [...session.todos],
  metadata: session.metadata,
  created_at: session.createdAt.toISOString(),
  updated_at: session.updatedAt.toISOString(),
  archived_at: session.archivedAt?.toISOString() ?? null,
});
