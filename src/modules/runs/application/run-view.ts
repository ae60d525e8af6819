import { placeOf } from '../../../shared/application/trace-context.js';
import { callUsageView } from '../../../shared/domain/token-usage.js';
import { errorView } from '../domain/run-failure.js';
import { RunState } from '../domain/run-state.js';
import { unknownCallsOf } from '../domain/run-usage.js';

/**
 * A run as clients see it.
 * @param before the number of the event before its first, of a run that was just made
 */
export const toRunView = (run: RunState, before = 0) => ({
  id: run.id,
  session_id: run.sessionId,
  status: run.status,
  phase: run.phase,
  agent: run.agent,
  model: run.model,
  trigger: run.trigger,
  job_id: run.jobId,
  waiting_for: run.waitingFor,
  error: run.error && errorView(run.error),
  usage: callUsageView(run.usage),
  unknown_calls: unknownCallsOf(run.usage),
  attempt: run.attempt,
  first_event_id: String(run.eventsAfter ?? before),
  trace_id: placeOf(run).context.traceId,
  created_at: run.createdAt.toISOString(),
  started_at: run.startedAt?.toISOString() ?? null,
  finished_at: run.finishedAt?.toISOString() ?? null,
});

export type RunView = ReturnType<typeof toRunView>;
