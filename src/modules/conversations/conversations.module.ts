import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { SessionsModule } from '../sessions/index.js';
import { MessagesController } from './api/messages.controller.js';
import { ConversationQueries } from './application/conversation.queries.js';
import { MessageRepository } from './domain/message.repository.js';
import { MessageCounter } from './infrastructure/message-counter.js';
import { MessageSchema } from './infrastructure/message.row.js';
import { SqlConversationQueries } from './infrastructure/sql-conversation.queries.js';
import { SqlMessageRepository } from './infrastructure/sql-message.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([MessageSchema]), SessionsModule],
  controllers: [MessagesController],
  providers: [{ provide: ConversationQueries, useClass: SqlConversationQueries }, MessageCounter],
  exports: [ConversationQueries],
})
export class ConversationsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(MessageRepository, (context) => new SqlMessageRepository(context));
  }
}
