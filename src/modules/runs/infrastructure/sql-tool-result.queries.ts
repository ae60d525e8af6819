import { Injectable } from '@nestjs/common';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { joinSession } from '../../sessions/index.js';
import { ToolResultQueries } from '../application/tool-result.queries.js';
import { ToolCallNotFound } from '../domain/run.errors.js';
import { KEPT } from './tool-result.row.js';

const VIEW = `
  select c.session_id as "sessionId", (select content from tool_results where call_id = c.id and ${KEPT}) as kept
    from tool_calls c ${joinSession('c')}
   where c.id = $1 and s.user_id = $2`;

@Injectable()
export class SqlToolResultQueries extends ToolResultQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async view(callId: string, userId: string): Promise<{ sessionId: string; kept: string | null }> {
    const [row] = isId(callId)
      ? await this.database.query<{ sessionId: string; kept: string | null }>(VIEW, [callId, userId])
      : [];
    if (!row) throw new ToolCallNotFound(callId);
    return row;
  }
}
