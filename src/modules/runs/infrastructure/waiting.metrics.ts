import { makeDatabaseGaugeProvider } from '../../../shared/infrastructure/metrics/database-gauge.js';
import { RECOVERABLE } from './run.row.js';

/** A call with an approval is requested after it, so its wait begins then. */
const OLDEST = `
  select 'tool_result' as kind, min(coalesce(a.decided_at, c.created_at)) as since
    from tool_calls c left join approvals a on a.call_id = c.id where c.status = 'requested'
  union all select 'approval', min(created_at) from approvals where status = 'pending' and kind = 'tool_call'
  union all select 'plan_decision', min(created_at) from approvals where status = 'pending' and kind = 'plan'
  union all select 'queued', min(created_at) from runs where status = 'queued'
  union all select 'recovery', min(lease_expires_at) from runs where ${RECOVERABLE}
  union all select 'job', min(available_at) from jobs where status = 'queued' and available_at <= now()`;

/** The age of the oldest open wait of each kind, which reveals stuck ones. */
export const WAITING_METRICS = [
  makeDatabaseGaugeProvider(
    {
      name: 'oldest_waiting_seconds',
      help: 'How long the oldest one has waited, by what it waits for; 0 where nothing does; of all instances',
      labelNames: ['kind'],
    },
    `select kind, coalesce(greatest(0, extract(epoch from now() - since)), 0)::float8 as value from (${OLDEST}) as oldest`,
  ),
];
