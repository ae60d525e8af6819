import { Message, NewMessage, UnfinishedMessage } from './message.js';

/** The messages, inside a unit of work. Messages are appended and never changed. */
export abstract class MessageRepository {
  /**
   * Appends at the next position of the session. The cost does not depend on the length of the session.
   * If the session was deleted meanwhile, the unit of work fails with SessionNotFound.
   */
  abstract append(message: NewMessage): Promise<void>;
  /** The answer to a tool call, if there is one. */
  abstract findAnswer(sessionId: string, callId: string): Promise<Message | undefined>;
  abstract find(sessionId: string, messageId: string): Promise<Message | undefined>;
  /** What readers have seen of a message that stays incomplete; undefined if they have seen no text of it. */
  abstract findUnfinished(sessionId: string, messageId: string): Promise<UnfinishedMessage | undefined>;
}
