import { Page, PageRequest } from '../../../shared/application/page.js';
import { Message, MessageRole } from '../domain/message.js';
import { PromptThread, Thread } from '../domain/thread.js';

/** Reads the messages of a session for the API and for prompts. */
export abstract class ConversationQueries {
  /** Oldest or newest first, with the text of reasoning only. */
  abstract list(
    sessionId: string,
    thread: Thread,
    order: 'asc' | 'desc',
    page: PageRequest,
  ): Promise<Page<Message>>;
  /** The answer to a tool call, if there is one. */
  abstract findAnswer(sessionId: string, callId: string): Promise<Message | undefined>;
  /** The newest message of a thread. @param role of the message; unset = any */
  abstract newest(sessionId: string, thread: PromptThread, role?: MessageRole): Promise<Message | undefined>;
  /** Messages of a thread after a position and up to another one, oldest first, without reasoning and parts. */
  abstract passage(
    sessionId: string,
    thread: PromptThread,
    range: { readonly after: number; readonly upTo: number },
    limit: number,
  ): Promise<Message[]>;
  /** Messages of all threads after a position, oldest first, without reasoning and parts. */
  abstract following(sessionId: string, position: number, limit: number): Promise<Message[]>;
}
