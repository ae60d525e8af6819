export { MESSAGE_EVENTS } from './api/message-events.dto.js';
export { MessageDto } from './api/messages.dto.js';
export { ConversationQueries } from './application/conversation.queries.js';
export { ConversationsModule } from './conversations.module.js';
export {
  messageCompleted,
  messageCreated,
  messageDiscarded,
  messageStarted,
} from './domain/message.events.js';
export {
  brokenReasoning,
  newMessage,
  type CallOutcome,
  type Message,
  type NewMessage,
  type SpokenMessage,
} from './domain/message.js';
export { MessageRepository } from './domain/message.repository.js';
export { LONGEST_SHOWN, type PromptThread } from './domain/thread.js';
export { toMessageView } from './domain/message-view.js';
