import { Page, PageRequest } from '../../../shared/application/page.js';
import { Message } from '../domain/message.js';

/** A conversation within a session: the main history, or the messages of one subtask or one job. */
export type Thread = 'main' | { readonly subtaskId: string } | { readonly jobId: string };

/** Reads the messages of a session for the API and for prompts. */
export abstract class ConversationQueries {
  /** Oldest first, without reasoning. */
  abstract list(sessionId: string, thread: Thread, page: PageRequest): Promise<Page<Message>>;
  /**
   * The newest messages within both limits, reasoning counted as well, oldest first. The cost does not depend on the length of the session.
   * @param thread with `runId`: the messages of a job in this run, and the main history before them
   */
  abstract newest(
    sessionId: string,
    thread: Thread | { readonly jobId: string; readonly runId: string },
    limits: { messages: number; characters: number },
  ): Promise<Message[]>;
  /** Messages of all threads after a position, oldest first, without reasoning. */
  abstract following(sessionId: string, position: number, limit: number): Promise<Message[]>;
}
