import { Message, NewMessage, UnfinishedMessage } from './message.js';

/** The messages, inside a unit of work. They are only ever appended. */
export abstract class MessageRepository {
  /**
   * Gives the message the next place of its session. Costs the same however long the session is.
   * Where the session was deleted meanwhile, the unit of work fails with SessionNotFound.
   */
  abstract append(message: NewMessage): Promise<void>;
  /** The answer to a tool call, where there is one. */
  abstract findAnswer(sessionId: string, callId: string): Promise<Message | undefined>;
  /** What readers were shown of a message that nobody will complete; undefined where that is nothing. */
  abstract findUnfinished(sessionId: string, messageId: string): Promise<UnfinishedMessage | undefined>;
}
