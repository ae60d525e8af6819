import { JobState } from '../domain/job.js';

/** A job as clients see it. */
export const toJobView = (job: JobState) => ({
  job_id: job.id,
  type: job.type,
  agent: job.agent,
  agent_version: job.agentVersion,
  status: job.status,
  attempt: job.attempt,
  result: job.result,
  error: job.error,
  session_id: job.sessionId,
  run_id: job.runId,
  trace_id: job.traceId,
  created_at: job.createdAt.toISOString(),
  available_at: job.availableAt.toISOString(),
  started_at: job.startedAt?.toISOString() ?? null,
  finished_at: job.finishedAt?.toISOString() ?? null,
});

export type JobView = ReturnType<typeof toJobView>;
