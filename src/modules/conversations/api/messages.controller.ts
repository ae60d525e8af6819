import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { positionCursor, toListDto } from '../../../shared/api/list.dto.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { ConversationQueries } from '../application/conversation.queries.js';
import { toMessageView } from '../domain/message-view.js';
import { MessageListDto, MessageQueryDto, threadOf } from './messages.dto.js';

@ApiTags('messages')
@Controller('v1/sessions/:session_id/messages')
export class MessagesController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly conversations: ConversationQueries,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'listMessages',
    summary: 'The main history of a session, or what was said in one subtask or job; oldest first by default',
  })
  @ApiOkResponse({ standardSchema: MessageListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: MessageQueryDto }) query: MessageQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: positionCursor(query.cursor) };
    const messages = await this.conversations.list(sessionId, threadOf(query), query.order, page);
    return toListDto(messages, toMessageView);
  }
}
