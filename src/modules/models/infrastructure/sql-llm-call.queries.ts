import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { JobUsage, LlmCallQueries } from '../application/llm-call.queries.js';
import { UNKNOWN_CALL } from './usage-statements.js';

@Injectable()
export class SqlLlmCallQueries extends LlmCallQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async usageOfJob(jobId: string): Promise<JobUsage> {
    const [usage] = await this.database.query<JobUsage>(
      `select count(*)::int as "modelCalls", coalesce(sum(prompt_tokens), 0)::float8 as "promptTokens",
              coalesce(sum(completion_tokens), 0)::float8 as "completionTokens",
              coalesce(sum(cached_tokens), 0)::float8 as "cachedTokens",
              coalesce(sum(reasoning_tokens), 0)::float8 as "reasoningTokens",
              sum(cost_micros)::float8 as "costMicros", coalesce(bool_or(estimated), false) as estimated,
              count(*) filter (where ${UNKNOWN_CALL})::int as "unknownCalls"
         from llm_calls c where job_id = $1`,
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
