import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { CallUsage, LlmCallQueries } from '../application/llm-call.queries.js';

@Injectable()
export class SqlLlmCallQueries extends LlmCallQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async usageOfJob(jobId: string): Promise<CallUsage> {
    const [usage] = await this.database.query<CallUsage>(
      `select count(*)::int as "modelCalls", coalesce(sum(prompt_tokens), 0)::float8 as "promptTokens",
              coalesce(sum(completion_tokens), 0)::float8 as "completionTokens"
         from llm_calls where job_id = $1`,
      [jobId],
    );
    return usage!;
  }
}
