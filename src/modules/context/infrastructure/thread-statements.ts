import { EntitySchema } from 'typeorm';
import { Statement } from '../../../shared/infrastructure/persistence/row-statements.js';
import { Message, MessageSchema, keyOf, within } from '../../conversations/index.js';
import { ThreadRequest, ThreadRows } from '../application/thread-rows.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { CheckpointSchema, NEWEST_FIRST } from './checkpoint.row.js';

/** The columns of a table, named by property. */
export type ColumnsOf = <Row>(schema: EntitySchema<Row>, except?: readonly (keyof Row & string)[]) => string;

/** What the statement knows of the whole thread; it stands in the first row only. */
interface Frame {
  readonly checkpoint: (Omit<Checkpoint, 'createdAt'> & { readonly createdAt: string }) | null;
  readonly tokens: number;
  readonly promptTokens: number | null;
  readonly before: number;
  readonly since: number;
}

/** The message is all null where the thread has none. */
export type ThreadRow = Message & { readonly frame: Frame | null };

/** How many messages of the agent are looked at for one that its provider has told the size of. */
const LAST_CALLS = 3;

/** Of the parts of a message, what a prompt needs beside its content. */
const IMAGES = `
  case when parts @? '$.attachments[*] ? (@.type == "image")'
       then jsonb_build_object('attachments', jsonb_path_query_array(parts, '$.attachments[*] ? (@.type == "image")')) end`;

/** The number of the parameter that is the id of a subtask or job. */
const FIRST_ID = 8;

/** A message of an earlier release is counted as two bytes a token, until it is counted: no text is read for it. */
const TOKENS = `coalesce(tokens, (octet_length(content) + pg_column_size(tool_calls)) / 2)`;

/** The runs of a job go on from what the main history was when the first of them began. */
const ofJob = (job: string) => `
  union all
  (select c.* from context_checkpoints c,
          (select position, created_at from messages where job_id = ${job} order by position limit 1) as begun
    where c.session_id = $1 and c.thread = 'main'
      and c.up_to_position < begun.position and c.created_at < begun.created_at
    order by c.${NEWEST_FIRST.replace(', ', ', c.')} limit 1)
`;

/**
 * Reads a thread in one statement, so that checkpoint and messages belong together. Sizes are added up before any text is
 * read.
 */
export function threadRows(
  columnsOf: ColumnsOf,
  { sessionId, thread, agent, model, toolsDigest, workspaceDigest, most }: ThreadRequest,
): Statement {
  const { sql: condition, ids } = within(thread, FIRST_ID);
  const isJob = thread !== 'main' && 'jobId' in thread;
  const values = [sessionId, keyOf(thread), most, agent, model, toolsDigest, workspaceDigest, ...ids];
  const text = `
    with checkpoint as materialized (
      select * from (
        (select * from context_checkpoints where session_id = $1 and thread = $2 order by ${NEWEST_FIRST} limit 1)
        ${isJob ? ofJob(`$${FIRST_ID}`) : ''}
      ) as c order by thread = $2 desc limit 1
    ), sized as materialized (
      select id, position, run_id, role, agent, ${TOKENS} as tokens from messages
       where session_id = $1 and position > coalesce((select up_to_position from checkpoint), 0)
         and role <> 'system' and ${condition}
    ), told as (
      select s.position, c.prompt_tokens
        from (select id, run_id, position from sized where role = 'assistant' and agent = $4
               order by position desc limit ${LAST_CALLS}) as s
        join llm_calls c on c.run_id = s.run_id and c.message_id = s.id
        join runs r on r.id = s.run_id and r.tools_digest is not distinct from $6
         and r.workspace_digest is not distinct from $7
       where c.model = $5 and c.status = 'completed' and c.prompt_tokens > 0
         and c.started_at >= coalesce((select created_at from checkpoint), c.started_at)
       order by s.position desc, c.id limit 1
    ), frame as (
      select json_build_object(
               'checkpoint', (select row_to_json(c)
                                from (select ${columnsOf(CheckpointSchema)} from checkpoint) as c),
               'tokens', coalesce(sum(tokens), 0),
               'promptTokens', (select prompt_tokens from told),
               'before', coalesce(sum(tokens) filter (where position < (select position from told)), 0),
               'since', coalesce(sum(tokens) filter (where position >= (select position from told)), 0)
             ) as frame
        from sized
    ), chosen as (
      select id from (
        select id, tokens, sum(tokens) over (order by position desc) as so_far from sized
      ) as s where so_far <= $3 or so_far = tokens
    )
    select ${columnsOf(MessageSchema, ['parts'])}, ${IMAGES} as parts,
           case when row_number() over (order by position) = 1 then frame end as frame
      from frame left join (chosen join messages using (id)) on true
     order by position`;
  return { text, values };
}

export function toThreadRows(rows: readonly ThreadRow[]): ThreadRows {
  const { checkpoint, tokens, promptTokens, before, since } = rows[0]!.frame!;
  return {
    checkpoint: checkpoint && { ...checkpoint, createdAt: new Date(checkpoint.createdAt) },
    messages: rows.filter(isMessage),
    tokens,
    told: promptTokens === null ? null : { promptTokens, before, since },
  };
}

const isMessage = (row: { readonly id: string | null }): boolean => row.id !== null;
