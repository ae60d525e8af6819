import { ConcurrencyError } from '../../../shared/domain/domain-error.js';
import { isId } from '../../../shared/domain/ids.js';
import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { ToolCall, ToolCallEnd } from '../domain/tool-call.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { ToolCallRow, ToolCallSchema } from './run.row.js';

export class SqlToolCallRepository extends ToolCallRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(call: ToolCall): Promise<void> {
    this.context.insert(ToolCallSchema, call as ToolCallRow);
  }

  async find(callId: string): Promise<ToolCall | undefined> {
    const [row] = isId(callId) ? await this.context.find(ToolCallSchema, 'id = $1', [callId]) : [];
    return row && toToolCall(row);
  }

  async listOpen(runId: string): Promise<ToolCall[]> {
    const open = `run_id = $1 and status in ('awaiting_approval', 'requested') order by id`;
    return (await this.context.find(ToolCallSchema, open, [runId])).map(toToolCall);
  }

  async settle(call: ToolCall, status: ToolCallEnd, at: Date): Promise<boolean> {
    const rows = await this.context.query(
      `update tool_calls set status = $3, settled_at = $4 where id = $1 and status = $2 returning id`,
      [call.id, call.status, status, at],
    );
    return rows.length === 1;
  }

  async request(call: ToolCall, args: JsonObject, deadlineAt: Date): Promise<ToolCall> {
    const rows = await this.context.query(
      `update tool_calls set status = 'requested', arguments = $2, edited = $3, deadline_at = $4
        where id = $1 and status = 'awaiting_approval' returning id`,
      [call.id, JSON.stringify(args), call.edited, deadlineAt],
    );
    if (rows.length !== 1) throw new ConcurrencyError(`tool call ${call.id}`);
    return { ...call, status: 'requested', arguments: args, deadlineAt };
  }
}

const toToolCall = (row: ToolCallRow): ToolCall => ({ ...row, arguments: row.arguments as JsonValue });
