/** Columns that are added up, in which null counts as nothing. */
const ADDED = ['prompt_tokens', 'completion_tokens', 'cached_tokens', 'reasoning_tokens'] as const;

/** SQL: whether nothing is known of a settled call `c`, as its process died. */
export const UNKNOWN_CALL = `c.status = 'aborted' and c.prompt_tokens is null`;

/**
 * SQL: adds settled calls to the sums of their days, in the order of their keys, so that two of these statements cannot
 * deadlock.
 * @param calls what the rows of calls are selected from, in SQL
 */
export const addToDays = (calls: string): string => `
  insert into usage_days as u (session_id, user_id, day, agent, model, model_calls, unknown_calls, ${ADDED.join(', ')},
                               cost_micros, estimated)
  select c.session_id, s.user_id, (c.finished_at at time zone 'UTC')::date as day, c.agent, c.model,
         count(*), count(*) filter (where ${UNKNOWN_CALL}),
         ${ADDED.map((column) => `coalesce(sum(c.${column}), 0)`).join(', ')},
         sum(c.cost_micros), bool_or(c.estimated)
    from ${calls} c join sessions s on s.id = c.session_id
   group by c.session_id, s.user_id, day, c.agent, c.model
   order by c.session_id, day, c.agent, c.model
  on conflict (session_id, day, agent, model) do update set
    ${['model_calls', 'unknown_calls', ...ADDED].map((column) => `${column} = u.${column} + excluded.${column}`).join(', ')},
    cost_micros = coalesce(u.cost_micros + excluded.cost_micros, u.cost_micros, excluded.cost_micros),
    estimated = u.estimated or excluded.estimated`;

/** SQL: the columns of a `CallUsage`, added up. */
export const USAGE_SUMS = `
  coalesce(sum(model_calls), 0)::float8 as "modelCalls", coalesce(sum(prompt_tokens), 0)::float8 as "promptTokens",
  coalesce(sum(completion_tokens), 0)::float8 as "completionTokens",
  coalesce(sum(cached_tokens), 0)::float8 as "cachedTokens",
  coalesce(sum(reasoning_tokens), 0)::float8 as "reasoningTokens",
  sum(cost_micros)::float8 as "costMicros", coalesce(bool_or(estimated), false) as estimated`;
