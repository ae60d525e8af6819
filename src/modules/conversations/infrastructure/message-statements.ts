import { PromptThread } from '../domain/thread.js';

/** One condition per kind of thread, so that each uses its own index, and the value of its parameter. */
export function within(thread: PromptThread, parameter: string): [sql: string, id: string | null] {
  if (thread === 'main')
    return [`subtask_id is null and job_id is null and ${parameter}::uuid is null`, null];
  if ('subtaskId' in thread) return [`subtask_id = ${parameter}`, thread.subtaskId];
  if (!('runId' in thread)) return [`job_id = ${parameter}`, thread.jobId];
  const begun = `(select min(position) from messages where session_id = $1 and run_id = ${parameter})`;
  return [
    `subtask_id is null and (run_id = ${parameter} or (job_id is null and position < ${begun}))`,
    thread.runId,
  ];
}
