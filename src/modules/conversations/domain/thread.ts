/** A conversation within a session: the main history, or the messages of one subtask or one job. */
export type Thread = 'main' | { readonly subtaskId: string } | { readonly jobId: string };

/** What a prompt is made of. With `runId`: the messages of a job in this run, and the main history before them. */
export type PromptThread = Thread | { readonly jobId: string; readonly runId: string };

/** Names a thread within its session. Each run of a job is a thread of its own, since it reads no other's messages. */
export function keyOf(thread: PromptThread): string {
  if (thread === 'main') return thread;
  if ('subtaskId' in thread) return `subtask:${thread.subtaskId}`;
  return 'runId' in thread ? `job:${thread.jobId}:${thread.runId}` : `job:${thread.jobId}`;
}
