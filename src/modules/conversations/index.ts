export {
  AttachmentsDto,
  EditorDto,
  FileHashDto,
  FilePathDto,
  toAttachment,
  toEditor,
} from './api/attachments.dto.js';
export { MESSAGE_EVENTS } from './api/message-events.dto.js';
export { MessageDto } from './api/messages.dto.js';
export { ConversationQueries } from './application/conversation.queries.js';
export { MessageText, quoted, shortenTo, type Passage } from './application/message-text.js';
export type { PieceSize } from './application/piece-size.js';
export { fitIntoOne } from './application/pieces.js';
export {
  type Material,
  type NoteTaker,
  notesOf,
  passagesOf,
  readInPieces,
} from './application/read-in-pieces.js';
export { ConversationsModule } from './conversations.module.js';
export {
  messageCompleted,
  messageCreated,
  messageDiscarded,
  messageStarted,
} from './domain/message.events.js';
export { attach, shownFiles, type Attached } from './domain/attach.js';
export {
  brokenReasoning,
  newMessage,
  type CallOutcome,
  type ContextUsage,
  type Message,
  type NewMessage,
  type SpokenMessage,
} from './domain/message.js';
export { MessageRepository } from './domain/message.repository.js';
export { keyOf, type PromptThread, type Thread } from './domain/thread.js';
export { shownContent } from './domain/shown-content.js';
export { toMessageView } from './domain/message-view.js';
export { messageTokens } from './domain/message-tokens.js';
export { within } from './infrastructure/message-statements.js';
export { MessageSchema } from './infrastructure/message.row.js';
