import { Page, PageRequest } from '../../../shared/application/page.js';
import { Message } from '../domain/message.js';

/**
 * The messages of a session as they are shown, and as a model gets them: of its main history, or (where `subtaskId` is
 * not null) of one subtask of a plan.
 */
export abstract class ConversationQueries {
  /** Oldest first. */
  abstract list(sessionId: string, subtaskId: string | null, page: PageRequest): Promise<Page<Message>>;
  /** The newest messages within both limits, oldest first. Costs the same however long the session is. */
  abstract newest(
    sessionId: string,
    subtaskId: string | null,
    limits: { messages: number; characters: number },
  ): Promise<Message[]>;
}
