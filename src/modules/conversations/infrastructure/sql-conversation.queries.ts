import { Injectable } from '@nestjs/common';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { ConversationQueries } from '../application/conversation.queries.js';
import { Message } from '../domain/message.js';

const COLUMNS = `id, session_id as "sessionId", position, run_id as "runId", subtask_id as "subtaskId", role, agent, content,
  tool_calls as "toolCalls", call_id as "callId", suggestions, finish_reason as "finishReason", usage,
  created_at as "createdAt"`;

/** Two conditions and not one with an `or`, so that each finds its index. */
const within = (subtaskId: string | null, parameter: string) =>
  subtaskId === null ? `subtask_id is null and ${parameter}::uuid is null` : `subtask_id = ${parameter}`;

@Injectable()
export class SqlConversationQueries extends ConversationQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async list(sessionId: string, subtaskId: string | null, page: PageRequest): Promise<Page<Message>> {
    const rows = await this.database.query<Message>(
      `select ${COLUMNS} from messages
        where session_id = $1 and position > $2 and ${within(subtaskId, '$4')} order by position limit $3`,
      [sessionId, page.cursor ?? 0, page.limit + 1, subtaskId],
    );
    return pageOf(
      rows,
      page.limit,
      (message) => message,
      (message) => String(message.position),
    );
  }

  async newest(
    sessionId: string,
    subtaskId: string | null,
    limits: { messages: number; characters: number },
  ): Promise<Message[]> {
    return this.database.query<Message>(
      `with newest as (
         select *, sum(length(content)) over (order by position desc) as characters
           from (select * from messages where session_id = $1 and ${within(subtaskId, '$4')}
                  order by position desc limit $2) as m
       )
       select ${COLUMNS} from newest where characters <= $3 or position = (select max(position) from newest)
        order by position`,
      [sessionId, limits.messages, limits.characters, subtaskId],
    );
  }
}
