import { expect } from 'vitest';
import { TestDatabase } from './database.js';

/** What the ledger and the days say of each session, agent and model. */
const SUMS = {
  ledger: `
    select session_id, (finished_at at time zone 'UTC')::date::text as day, agent, model, count(*)::int as calls,
           (count(*) filter (where status = 'aborted' and prompt_tokens is null))::int as unknown,
           sum(coalesce(prompt_tokens, 0))::int as prompt, sum(coalesce(completion_tokens, 0))::int as completion,
           sum(coalesce(cached_tokens, 0))::int as cached, sum(coalesce(reasoning_tokens, 0))::int as reasoning,
           sum(cost_micros)::int as cost, bool_or(estimated) as estimated
      from llm_calls where status <> 'started' group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
  days: `
    select session_id, day::text, agent, model, model_calls::int as calls, unknown_calls::int as unknown,
           prompt_tokens::int as prompt, completion_tokens::int as completion, cached_tokens::int as cached,
           reasoning_tokens::int as reasoning, cost_micros::int as cost, estimated
      from usage_days order by 1, 2, 3, 4`,
};

/** Every settled call counts once in the usage of its day. @returns the number of calls */
export async function expectCounted(database: TestDatabase): Promise<number> {
  const [ledger, days] = await Promise.all([database.rows(SUMS.ledger), database.rows(SUMS.days)]);
  expect(days).toEqual(ledger);
  return ledger.reduce((sum, row) => sum + Number(row['calls']), 0);
}
