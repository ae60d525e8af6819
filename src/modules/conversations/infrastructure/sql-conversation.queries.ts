import { Injectable } from '@nestjs/common';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { ConversationQueries } from '../application/conversation.queries.js';
import { Message } from '../domain/message.js';

const COLUMNS = `id, session_id as "sessionId", position, run_id as "runId", role, agent, content,
  tool_calls as "toolCalls", call_id as "callId", suggestions, finish_reason as "finishReason", usage,
  created_at as "createdAt"`;

@Injectable()
export class SqlConversationQueries extends ConversationQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async list(sessionId: string, page: PageRequest): Promise<Page<Message>> {
    const rows = await this.database.query<Message>(
      `select ${COLUMNS} from messages where session_id = $1 and position > $2 order by position limit $3`,
      [sessionId, page.cursor ?? 0, page.limit + 1],
    );
    return pageOf(
      rows,
      page.limit,
      (message) => message,
      (message) => String(message.position),
    );
  }

  async newest(sessionId: string, limits: { messages: number; characters: number }): Promise<Message[]> {
    return this.database.query<Message>(
      `with newest as (
         select *, sum(length(content)) over (order by position desc) as characters
           from (select * from messages where session_id = $1 order by position desc limit $2) as m
       )
       select ${COLUMNS} from newest where characters <= $3 or position = (select max(position) from newest)
        order by position`,
      [sessionId, limits.messages, limits.characters],
    );
  }
}
