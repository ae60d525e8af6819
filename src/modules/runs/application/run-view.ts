import { RunState, errorView, usageView } from '../domain/run.js';

/** A run as clients see it. */
export const toRunView = (run: RunState) => ({
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
  usage: usageView(run.usage),
  attempt: run.attempt,
  created_at: run.createdAt.toISOString(),
  started_at: run.startedAt?.toISOString() ?? null,
  finished_at: run.finishedAt?.toISOString() ?? null,
});

export type RunView = ReturnType<typeof toRunView>;
