import { EntityManager } from 'typeorm';
import { isId } from '../../../shared/domain/ids.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { ToolCall, ToolCallStatus } from '../domain/tool-call.js';
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
    const open = { runId, status: 'requested' as const };
    const rows = await this.manager.find(ToolCallSchema, { where: open, order: { id: 'ASC' } });
    return rows.map(toToolCall);
  }

  async settle(callId: string, status: Exclude<ToolCallStatus, 'requested'>, at: Date): Promise<boolean> {
    const open = { id: callId, status: 'requested' as const };
    const result = await this.manager.update(ToolCallSchema, open, { status, settledAt: at });
    return result.affected === 1;
  }
}

const toToolCall = (row: ToolCallRow): ToolCall => ({ ...row, arguments: row.arguments as JsonValue });
