export { MessageDto } from './api/messages.dto.js';
export { ConversationQueries, type Thread } from './application/conversation.queries.js';
export {
  messageCreated,
  toMessageView,
  toToolCallView,
  toUsageView,
  type MessageView,
} from './application/message-view.js';
export { ConversationsModule } from './conversations.module.js';
export { newMessage, type Message, type MessageToolCall, type NewMessage } from './domain/message.js';
export { MessageRepository } from './domain/message.repository.js';
