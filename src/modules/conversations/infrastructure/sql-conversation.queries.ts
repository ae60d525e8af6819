import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ConversationQueries, Thread } from '../application/conversation.queries.js';
import { Message } from '../domain/message.js';
import { MessageSchema } from './message.row.js';

const LARGE: (keyof Message)[] = ['content', 'toolCalls', 'suggestions'];

/** One condition per kind of thread, so that each uses its own index, and the value of its parameter. */
function within(
  thread: Parameters<ConversationQueries['newest']>[1],
  parameter: string,
): [sql: string, id: string | null] {
  if (thread === 'main')
    return [`subtask_id is null and job_id is null and ${parameter}::uuid is null`, null];
  if ('subtaskId' in thread) return [`subtask_id = ${parameter}`, thread.subtaskId];
  if (!('runId' in thread)) return [`job_id = ${parameter}`, thread.jobId];
  const begun = `(select min(position) from messages where session_id = $1 and run_id = ${parameter})`;
  return [
    `subtask_id is null and (run_id = ${parameter} or (job_id is null and position < ${begun}))`,
    thread.runId,
  ];
}

@Injectable()
export class SqlConversationQueries extends ConversationQueries {
  private readonly columns: string;
  /** Reasoning may be long, and only a prompt needs it. */
  private readonly withoutReasoning: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columns = statements.columnsOf(MessageSchema);
    const others = statements.columnsOf(MessageSchema, undefined, ['reasoning']);
    this.withoutReasoning = `${others}, null as reasoning`;
  }

  async list(sessionId: string, thread: Thread, page: PageRequest): Promise<Page<Message>> {
    const [condition, id] = within(thread, '$4');
    const sql = `select ${this.withoutReasoning} from messages
        where session_id = $1 and position > $2 and ${condition} order by position limit $3`;
    const rows = await this.database.query<Message & Counted>(bySize(sql, 'position', LARGE), [
      ...[sessionId, page.cursor ?? 0, page.limit + 1, id],
    ]);
    return pageBySize<Message>(rows, page.limit, ({ position }) => String(position));
  }

  async newest(
    sessionId: string,
    thread: Parameters<ConversationQueries['newest']>[1],
    limits: { messages: number; characters: number },
  ): Promise<Message[]> {
    const [condition, id] = within(thread, '$4');
    return this.database.query<Message>(
      `with newest as (
         select *, sum(length(content) + coalesce(length(reasoning::text), 0))
                     over (order by position desc) as characters
           from (select * from messages where session_id = $1 and ${condition}
                  order by position desc limit $2) as m
       )
       select ${this.columns} from newest where characters <= $3 or position = (select max(position) from newest)
        order by position`,
      [sessionId, limits.messages, limits.characters, id],
    );
  }

  async following(sessionId: string, position: number, limit: number): Promise<Message[]> {
    return this.database.query<Message>(
      `select ${this.withoutReasoning} from messages
        where session_id = $1 and position > $2 order by position limit $3`,
      [sessionId, position, limit],
    );
  }
}
