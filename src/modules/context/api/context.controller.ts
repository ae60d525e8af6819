import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound } from '../../sessions/index.js';
import { ShowContext } from '../application/show-context.js';
import { ContextDto, toContextDto } from './context.dto.js';

@ApiTags('context')
@Controller('v1/sessions/:session_id/context')
export class ContextController {
  constructor(private readonly showContext: ShowContext) {}

  @Get()
  @ApiOperation({
    operationId: 'getContext',
    summary: 'How full the context of a session is, and what its agent is told instead of old messages',
  })
  @ApiOkResponse({ standardSchema: ContextDto })
  @ApiProblems({ 404: ['session.not_found', 'model.not_configured'], 503: ['database.unavailable'] })
  async show(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
  ) {
    return toContextDto(await this.showContext.execute({ userId, sessionId }));
  }
}
