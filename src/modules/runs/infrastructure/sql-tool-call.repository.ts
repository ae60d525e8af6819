import { ConcurrencyError } from '../../../shared/domain/domain-error.js';
import { isId } from '../../../shared/domain/ids.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { sqlStateOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { ROWS_MISSING, requiringOne } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ToolCall } from '../domain/tool-call.js';
import { ToolCallStatus } from '../domain/tool-call.states.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { ToolCallRow, ToolCallSchema } from './run.row.js';

const OPEN = `status in ('awaiting_approval', 'requested')`;

const SAVE = requiringOne(`
  update tool_calls set status = $3, arguments = $4, edited = $5, deadline_at = $6, settled_at = $7,
                        outcome_hash = $8, feedback = $9
   where id = $1 and status = $2`);

export class SqlToolCallRepository extends ToolCallRepository {
  /** The status that each call was loaded with. */
  private readonly loaded = new WeakMap<ToolCall, ToolCallStatus>();

  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(call: ToolCall): Promise<void> {
    this.context.insert(ToolCallSchema, call.snapshot() as ToolCallRow);
    this.context.record(...call.pullEvents());
  }

  async find(callId: string): Promise<ToolCall | undefined> {
    const [row] = isId(callId) ? await this.context.find(ToolCallSchema, 'id = $1', [callId]) : [];
    return row && this.restore(row);
  }

  async listOpen(runId: string): Promise<ToolCall[]> {
    const rows = await this.context.find(ToolCallSchema, `run_id = $1 and ${OPEN} order by id`, [runId]);
    return rows.map((row) => this.restore(row));
  }

  async save(call: ToolCall): Promise<void> {
    const {
      id,
      status,
      arguments: args,
      edited,
      deadlineAt,
      settledAt,
      outcomeHash,
      feedback,
    } = call.snapshot();
    const loaded = this.loaded.get(call);
    const values = [
      ...[id, loaded, status, JSON.stringify(args), edited, deadlineAt, settledAt, outcomeHash, feedback],
    ];
    this.context.write({ text: SAVE, values }, (error) =>
      sqlStateOf(error) === ROWS_MISSING ? new ConcurrencyError(`tool call ${id}`) : error,
    );
    this.context.record(...call.pullEvents());
  }

  private restore(row: ToolCallRow): ToolCall {
    const call = ToolCall.restore({ ...row, arguments: row.arguments as JsonValue });
    this.loaded.set(call, row.status);
    return call;
  }
}
