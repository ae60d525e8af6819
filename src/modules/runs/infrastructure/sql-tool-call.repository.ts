import { ConcurrencyError } from '../../../shared/domain/domain-error.js';
import { isId } from '../../../shared/domain/ids.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { sqlStateOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { ROWS_MISSING, requiringOne } from '../../../shared/infrastructure/persistence/row-statements.js';
import { isOwned } from '../../sessions/index.js';
import { isAvailable } from '../../tools/index.js';
import { ToolCall } from '../domain/tool-call.js';
import { ToolCallState } from '../domain/tool-call-state.js';
import { ToolCallStatus } from '../domain/tool-call.states.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { OPEN_CALL_STATUS, RunSchema, ToolCallRow, ToolCallSchema } from './run.row.js';

const SAVE = requiringOne(`
  update tool_calls set status = $3, arguments = $4, edited = $5, deadline_at = $6, settled_at = $7,
                        outcome_hash = $8, feedback = $9, claimed_by = $10, claim_expires_at = $11,
                        attempt = $12, expected_hash = $13
   where id = $1 and status = $2`);

export class SqlToolCallRepository extends ToolCallRepository {
  /** The status that each call was loaded with. */
  private readonly loaded = new WeakMap<ToolCall, ToolCallStatus>();

  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(call: ToolCall): Promise<void> {
    this.context.insert(ToolCallSchema, toRow(call.snapshot()));
    this.context.record(...call.pullEvents());
  }

  async find(callId: string): Promise<ToolCall | undefined> {
    const [row] = isId(callId) ? await this.context.find(ToolCallSchema, 'id = $1', [callId]) : [];
    return row && this.restore(row);
  }

  async findOwned(callId: string, userId: string): Promise<ToolCall | undefined> {
    const call = await this.find(callId);
    return call && (await isOwned(this.context, RunSchema, call.snapshot().runId, userId)) ? call : undefined;
  }

  async isAvailable(call: ToolCall): Promise<boolean> {
    if (!call.isDeclared) return true;
    const { sessionId, toolName } = call.snapshot();
    // The call may not be stored yet.
    const [row] = await this.context.query<{ available: boolean }>(
      `select ${isAvailable('c')} as available from (select $1::uuid as session_id, $2::text as tool_name) c`,
      [sessionId, toolName],
    );
    return row!.available;
  }

  async listOpen(runId: string): Promise<ToolCall[]> {
    const rows = await this.context.find(ToolCallSchema, `run_id = $1 and ${OPEN_CALL_STATUS} order by id`, [
      runId,
    ]);
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
      guard,
      claimedBy,
      claimExpiresAt,
      attempt,
    } = call.snapshot();
    const loaded = this.loaded.get(call);
    const values = [
      ...[id, loaded, status, JSON.stringify(args), edited, deadlineAt, settledAt, outcomeHash, feedback],
      ...[claimedBy, claimExpiresAt, attempt],
      guard?.expectedHash ?? null,
    ];
    this.context.write({ text: SAVE, values }, (error) =>
      sqlStateOf(error) === ROWS_MISSING ? new ConcurrencyError(`tool call ${id}`) : error,
    );
    this.context.record(...call.pullEvents());
  }

  private restore(row: ToolCallRow): ToolCall {
    const { guarded, expectedHash, afterCall: after, ...state } = row;
    const guard = guarded ? { expectedHash, after } : null;
    const call = ToolCall.restore({ ...state, guard, arguments: row.arguments as JsonValue });
    this.loaded.set(call, row.status);
    return call;
  }
}

const toRow = ({ guard, ...state }: ToolCallState): ToolCallRow => ({
  ...(state as Omit<ToolCallRow, 'guarded' | 'expectedHash' | 'afterCall'>),
  guarded: guard !== null,
  expectedHash: guard?.expectedHash ?? null,
  afterCall: guard?.after ?? null,
});
