/** A conversation within a session: the main history, or the messages of one subtask or one job. */
export type Thread = 'main' | { readonly subtaskId: string } | { readonly jobId: string };

/** What a prompt is made of. With `runId`: the messages of a job in this run, and the main history before them. */
export type PromptThread = Thread | { readonly jobId: string; readonly runId: string };

/** The characters of a user's message that a model is shown. */
export const LONGEST_SHOWN = 50_000;

/** How much of a thread is read, in messages and in characters of text and reasoning. */
export interface WindowLimits {
  readonly messages: number;
  readonly characters: number;
}
