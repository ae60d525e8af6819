import { EntityManager, In } from 'typeorm';
import { ConcurrencyError } from '../../../shared/domain/domain-error.js';
import { isId } from '../../../shared/domain/ids.js';
import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { ToolCall, ToolCallEnd } from '../domain/tool-call.js';
import { ToolCallRepository } from '../domain/tool-call.repository.js';
import { ToolCallRow, ToolCallSchema } from './run.row.js';

export class TypeOrmToolCallRepository extends ToolCallRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async add(call: ToolCall): Promise<void> {
    await this.manager.insert(ToolCallSchema, { ...(call as ToolCallRow) });
  }

  async find(callId: string): Promise<ToolCall | undefined> {
    if (!isId(callId)) return undefined;
    const row = await this.manager.findOneBy(ToolCallSchema, { id: callId });
    return row ? toToolCall(row) : undefined;
  }

  async listOpen(runId: string): Promise<ToolCall[]> {
    const open = { runId, status: In(['awaiting_approval', 'requested'] as const) };
    const rows = await this.manager.find(ToolCallSchema, { where: open, order: { id: 'ASC' } });
    return rows.map(toToolCall);
  }

  async settle(call: ToolCall, status: ToolCallEnd, at: Date): Promise<boolean> {
    const open = { id: call.id, status: call.status };
    const result = await this.manager.update(ToolCallSchema, open, { status, settledAt: at });
    return result.affected === 1;
  }

  async request(call: ToolCall, args: JsonObject, deadlineAt: Date): Promise<ToolCall> {
    const part = { status: 'requested' as const, arguments: args as object, edited: call.edited, deadlineAt };
    const awaiting = { id: call.id, status: 'awaiting_approval' as const };
    const result = await this.manager.update(ToolCallSchema, awaiting, part);
    if (result.affected !== 1) throw new ConcurrencyError(`tool call ${call.id}`);
    return { ...call, ...part, arguments: args };
  }
}

const toToolCall = (row: ToolCallRow): ToolCall => ({ ...row, arguments: row.arguments as JsonValue });
