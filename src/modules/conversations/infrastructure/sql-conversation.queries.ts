import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ConversationQueries } from '../application/conversation.queries.js';
import { Message, MessageRole } from '../domain/message.js';
import { PromptThread, Thread } from '../domain/thread.js';
import { MessageSchema } from './message.row.js';
import { within } from './message-statements.js';

const LARGE: (keyof Message)[] = ['content', 'toolCalls', 'suggestions', 'reasoning', 'parts'];

/** Beyond the last: the greatest integer. */
const NO_POSITION = 2 ** 31 - 1;

const CALL_STATUS = `(select status from tool_calls where tool_calls.id = messages.call_id) as "callStatus"`;

@Injectable()
export class SqlConversationQueries extends ConversationQueries {
  private readonly columns: string;
  /** Reasoning and parts may be long, and a synopsis does without. */
  private readonly contents: string;
  /** What only the provider can read is for prompts alone. */
  private readonly withReadableReasoning: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columns = statements.columnsOf(MessageSchema);
    const others = statements.columnsOf(MessageSchema, undefined, ['reasoning']);
    const contents = statements.columnsOf(MessageSchema, undefined, ['reasoning', 'parts']);
    this.contents = `${contents}, null as reasoning, null as parts`;
    this.withReadableReasoning = `${others}, jsonb_set(reasoning, '{opaque}', '{}') as reasoning`;
  }

  async list(
    sessionId: string,
    thread: Thread,
    order: 'asc' | 'desc',
    page: PageRequest,
  ): Promise<Page<Message>> {
    const { sql: condition, ids } = within(thread, 4);
    const by = `position ${order}`;
    const [after, start] = order === 'asc' ? ['>', 0] : ['<', NO_POSITION];
    const sql = `select ${this.withReadableReasoning}, ${CALL_STATUS} from messages
        where session_id = $1 and position ${after} $2 and ${condition} order by ${by} limit $3`;
    const rows = await this.database.query<Message & Counted>(bySize(sql, by, LARGE), [
      ...[sessionId, page.cursor ?? start, page.limit + 1, ...ids],
    ]);
    return pageBySize<Message>(rows, page.limit, ({ position }) => String(position));
  }

  async newest(sessionId: string, thread: PromptThread, role?: MessageRole): Promise<Message | undefined> {
    const { sql: condition, ids } = within(thread, 3);
    const [newest] = await this.database.query<Message>(
      `select ${this.columns} from messages
        where session_id = $1 and ($2::text is null or role = $2) and ${condition} order by position desc limit 1`,
      [sessionId, role ?? null, ...ids],
    );
    return newest;
  }

  async passage(
    sessionId: string,
    thread: PromptThread,
    { after, upTo }: { after: number; upTo: number },
    limit: number,
  ): Promise<Message[]> {
    const { sql: condition, ids } = within(thread, 5);
    return this.database.query<Message>(
      `select ${this.contents} from messages
        where session_id = $1 and position > $2 and position <= $3 and ${condition} order by position limit $4`,
      [sessionId, after, upTo, limit, ...ids],
    );
  }

  async findAnswer(sessionId: string, callId: string): Promise<Message | undefined> {
    const [message] = await this.database.query<Message>(
      `select ${this.contents} from messages where session_id = $1 and call_id = $2`,
      [sessionId, callId],
    );
    return message;
  }

  async following(sessionId: string, position: number, limit: number): Promise<Message[]> {
    return this.database.query<Message>(
      `select ${this.contents} from messages
        where session_id = $1 and position > $2 order by position limit $3`,
      [sessionId, position, limit],
    );
  }
}
