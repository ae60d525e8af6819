import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Expression } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ToolResult, ToolResultRepository } from '../domain/tool-result.repository.js';
import { KEPT, ToolResultSchema } from './tool-result.row.js';

const EXPIRY = new Expression(() => `now() + interval '7 days'`);

export class SqlToolResultRepository extends ToolResultRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(result: ToolResult): Promise<void> {
    this.context.insert(ToolResultSchema, { ...result, expiresAt: EXPIRY });
  }

  async find(callId: string): Promise<string | null> {
    const [row] = await this.context.find(ToolResultSchema, `call_id = $1 and ${KEPT}`, [callId]);
    return row?.content ?? null;
  }
}
