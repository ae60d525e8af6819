import { Injectable } from '@nestjs/common';
import { CallUsage } from '../../../shared/domain/token-usage.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { LlmCallQueries } from '../application/llm-call.queries.js';

@Injectable()
export class SqlLlmCallQueries extends LlmCallQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async usageOfJob(jobId: string): Promise<CallUsage> {
    const [usage] = await this.database.query<CallUsage>(
      `select count(*)::int as "modelCalls", coalesce(sum(prompt_tokens), 0)::float8 as "promptTokens",
              coalesce(sum(completion_tokens), 0)::float8 as "completionTokens",
              coalesce(sum(cached_tokens), 0)::float8 as "cachedTokens",
              coalesce(sum(reasoning_tokens), 0)::float8 as "reasoningTokens",
              sum(cost_micros)::float8 as "costMicros", coalesce(bool_or(estimated), false) as estimated
         from llm_calls where job_id = $1`,
      [jobId],
    );
    return usage!;
  }

  async idsOfJob(jobId: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>('select id from llm_calls where job_id = $1', [
      jobId,
    ]);
    return rows.map(({ id }) => id);
  }
}
