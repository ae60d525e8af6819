import { Page, PageRequest } from '../../../shared/application/page.js';
import { Message } from '../domain/message.js';

/** A conversation within a session: its main history, what was said in one subtask of a plan, or in one job. */
export type Thread = 'main' | { readonly subtaskId: string } | { readonly jobId: string };

/** The messages of a session as they are shown, and as a model gets them. */
export abstract class ConversationQueries {
  /** Oldest first. */
  abstract list(sessionId: string, thread: Thread, page: PageRequest): Promise<Page<Message>>;
  /**
   * The newest messages within both limits, oldest first. Costs the same however long the session is.
   * @param thread with `runId`, what a job knows: what it has said in this run, and the main history before that
   */
  abstract newest(
    sessionId: string,
    thread: Thread | { readonly jobId: string; readonly runId: string },
    limits: { messages: number; characters: number },
  ): Promise<Message[]>;
  /** Messages of all threads after a place, oldest first. */
  abstract following(sessionId: string, position: number, limit: number): Promise<Message[]>;
}
