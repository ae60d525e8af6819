import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Statement } from '../../../shared/infrastructure/persistence/row-statements.js';
import { LlmCall, LlmCallOutcome, LlmCallRepository } from '../domain/llm-call.js';
import { LlmCallSchema } from './llm-call.row.js';
import { addToDays } from './usage-statements.js';

const SETTLE = `
  update llm_calls set status = $2, error_code = $3, prompt_tokens = $4, completion_tokens = $5, first_token_ms = $6,
                       finished_at = $7, cached_tokens = $8, reasoning_tokens = $9, cost_micros = $10, estimated = $11,
                       counted = true
   where id = $1 and status = 'started' returning id`;

/** A list of parameters: with an array of unknown length PostgreSQL would plan the statement anew each time. */
const addToDaysOf = (ids: readonly string[]): Statement => ({
  text: addToDays(
    `(select * from llm_calls where id in (${ids.map((_, index) => `$${index + 1}`).join(', ')}))`,
  ),
  values: ids,
});

export class SqlLlmCallRepository extends LlmCallRepository {
  /** The ids of the calls that this unit of work has settled. */
  private readonly settled: string[] = [];

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
    if (rows.length === 0) return false;
    this.count([callId]);
    return true;
  }

  async abortOpen(
    of: { runId: string } | { jobId: string },
    at: Date,
  ): Promise<Pick<LlmCall, 'messageId' | 'purpose'>[]> {
    const [column, id] = 'runId' in of ? ['run_id', of.runId] : ['job_id', of.jobId];
    const aborted = await this.context.query<Pick<LlmCall, 'id' | 'messageId' | 'purpose'>>(
      `update llm_calls set status = 'aborted', finished_at = $2, counted = true
        where ${column} = $1 and status = 'started' returning id, message_id as "messageId", purpose`,
      [id, at],
    );
    this.count(aborted.map((call) => call.id));
    return aborted;
  }

  /** Last, since the sums come after the rows of run and session in the order of locks. */
  private count(ids: readonly string[]): void {
    if (ids.length === 0) return;
    if (this.settled.length === 0) this.context.writeLast(() => addToDaysOf(this.settled));
    this.settled.push(...ids);
  }
}
