import { Page, PageRequest } from '../../../shared/application/page.js';
import { Message } from '../domain/message.js';
import { PromptThread, Thread, WindowLimits } from '../domain/thread.js';

/** Reads the messages of a session for the API and for prompts. */
export abstract class ConversationQueries {
  /** Oldest or newest first, with the text of reasoning only. */
  abstract list(
    sessionId: string,
    thread: Thread,
    order: 'asc' | 'desc',
    page: PageRequest,
  ): Promise<Page<Message>>;
  /**
   * The newest messages within both limits, reasoning counted as well, oldest first. The cost does not depend on the length of the session.
   */
  abstract newest(sessionId: string, thread: PromptThread, limits: WindowLimits): Promise<Message[]>;
  /** The answer to a tool call, if there is one. */
  abstract findAnswer(sessionId: string, callId: string): Promise<Message | undefined>;
  /** Messages of all threads after a position, oldest first, without reasoning. */
  abstract following(sessionId: string, position: number, limit: number): Promise<Message[]>;
}
