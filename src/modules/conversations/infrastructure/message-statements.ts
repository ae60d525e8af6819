import { PromptThread } from '../domain/thread.js';

/**
 * One condition per kind of thread, so that each uses its own index.
 * @param next the number of its first parameter
 * @returns it with the values of its parameters
 */
export function within(thread: PromptThread, next: number): { sql: string; ids: string[] } {
  if (thread === 'main') return { sql: 'subtask_id is null and job_id is null', ids: [] };
  if ('subtaskId' in thread) return { sql: `subtask_id = $${next}`, ids: [thread.subtaskId] };
  if (!('runId' in thread)) return { sql: `job_id = $${next}`, ids: [thread.jobId] };
  const run = `$${next + 1}`;
  const begun = `(select min(position) from messages where job_id = $${next} and run_id = ${run})`;
  return {
    sql: `subtask_id is null and (run_id = ${run} or (job_id is null and position < ${begun}))`,
    ids: [thread.jobId, thread.runId],
  };
}
