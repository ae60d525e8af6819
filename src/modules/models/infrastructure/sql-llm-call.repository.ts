import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { LlmCall, LlmCallOutcome, LlmCallRepository } from '../domain/llm-call.js';
import { LlmCallSchema } from './llm-call.row.js';

const SETTLE = `
  update llm_calls set status = $2, error_code = $3, prompt_tokens = $4, completion_tokens = $5, first_token_ms = $6,
                       finished_at = $7, cached_tokens = $8, reasoning_tokens = $9, cost_micros = $10, estimated = $11
   where id = $1 and status = 'started' returning id`;

export class SqlLlmCallRepository extends LlmCallRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(call: LlmCall): Promise<void> {
    this.context.insert(LlmCallSchema, { ...call, status: 'started' });
  }

  start(call: LlmCall): Promise<boolean> {
    return this.context.insertNew(LlmCallSchema, { ...call, status: 'started' });
  }

  async settle(callId: string, outcome: LlmCallOutcome): Promise<boolean> {
    const { status, errorCode, usage, firstTokenMs, finishedAt } = outcome;
    const rows = await this.context.query(SETTLE, [
      ...[callId, status, errorCode, usage?.promptTokens, usage?.completionTokens, firstTokenMs, finishedAt],
      ...[usage?.cachedTokens, usage?.reasoningTokens, usage?.costMicros, usage?.estimated ?? false],
    ]);
    return rows.length === 1;
  }

  async abortOpen(of: { runId: string } | { jobId: string }, at: Date): Promise<string[]> {
    const [column, id] = 'runId' in of ? ['run_id', of.runId] : ['job_id', of.jobId];
    const rows = await this.context.query<{ message_id: string | null }>(
      `update llm_calls set status = 'aborted', finished_at = $2
        where ${column} = $1 and status = 'started' returning message_id`,
      [id, at],
    );
    return rows.map((row) => row.message_id).filter((messageId) => messageId !== null);
  }
}
