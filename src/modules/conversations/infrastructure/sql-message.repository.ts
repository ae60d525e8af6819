import { isId } from '../../../shared/domain/ids.js';
import { DeltaType } from '../../../shared/application/delta-log.js';
import { sqlStateOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { ROWS_MISSING } from '../../../shared/infrastructure/persistence/row-statements.js';
import { SessionNotFound } from '../../sessions/index.js';
import { MessageEvents } from '../domain/message.events.js';
import { messageTokens } from '../domain/message-tokens.js';
import { Message, NewMessage, UnfinishedMessage, brokenReasoning } from '../domain/message.js';
import { MessageRepository } from '../domain/message.repository.js';
import { MessageSchema } from './message.row.js';

/** Takes and uses the next position in one statement; the lock on the session's row keeps positions gapless. */
const APPEND = `
  with place as (
    update sessions set message_count = message_count + 1, updated_at = $12
     where id = $2 and deleted_at is null returning message_count
  ), appended as (
    insert into messages (id, session_id, position, run_id, role, agent, content, tool_calls, call_id, suggestions,
                          finish_reason, usage, created_at, subtask_id, job_id, reasoning, truncated, note, tokens,
                          parts)
    select $1, $2, place.message_count, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19 from place
    returning 1
  )
  select require_rows(count(*), 1) from appended`;

/** Nothing is returned for a deleted session. */
const FIND_SHOWN = `
  select type, data from session_events
   where session_id = $1 and type in ('message.started', 'message.delta', 'message.reasoning_delta') and message_id = $2
     and exists (select from sessions where id = $1 and deleted_at is null)
   order by seq`;

type Started = { data: MessageEvents['message.started'] };
type Piece = { [Type in DeltaType]: { type: Type; data: MessageEvents[Type] } }[DeltaType];

export class SqlMessageRepository extends MessageRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async append(message: NewMessage): Promise<void> {
    const values = [
      message.id,
      message.sessionId,
      message.runId,
      message.role,
      message.agent,
      message.content,
      JSON.stringify(message.toolCalls),
      message.callId,
      message.suggestions && JSON.stringify(message.suggestions),
      message.finishReason,
      message.usage && JSON.stringify(message.usage),
      message.createdAt,
      message.subtaskId,
      message.jobId,
      message.reasoning && JSON.stringify(message.reasoning),
      message.truncated,
      message.note,
      messageTokens(message),
      message.parts && JSON.stringify(message.parts),
    ];
    this.context.write({ text: APPEND, values }, (error) =>
      sqlStateOf(error) === ROWS_MISSING ? new SessionNotFound(message.sessionId) : error,
    );
  }

  async findAnswer(sessionId: string, callId: string): Promise<Message | undefined> {
    const [message] = await this.context.find(MessageSchema, 'session_id = $1 and call_id = $2', [
      sessionId,
      callId,
    ]);
    return message;
  }

  async find(sessionId: string, messageId: string): Promise<Message | undefined> {
    if (!isId(messageId)) return undefined;
    const [message] = await this.context.find(MessageSchema, 'session_id = $1 and id = $2', [
      sessionId,
      messageId,
    ]);
    return message;
  }

  async findUnfinished(sessionId: string, messageId: string): Promise<UnfinishedMessage | undefined> {
    const found = await this.context.query<Started | Piece>(FIND_SHOWN, [sessionId, messageId]);
    const [started, ...pieces] = found as [Started, ...Piece[]];
    const content = textOf(pieces, 'message.delta');
    if (content === '') return undefined;
    const reasoning = brokenReasoning(textOf(pieces, 'message.reasoning_delta'));
    const { agent, subtask_id: subtaskId = null, job_id: jobId = null } = started.data;
    return { agent, subtaskId, jobId, content, reasoning };
  }
}

function textOf(pieces: readonly Piece[], of: DeltaType): string {
  let text = '';
  for (const { type, data } of pieces) {
    // A crash of PostgreSQL can lose deltas: text after a gap is left out, as it does not belong to the text before.
    if (type === of && data.offset === text.length) text += data.text;
  }
  return text;
}
