import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ShortListQueryDto, pageOfAll, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound } from '../../sessions/index.js';
import { DeclareTools } from '../application/declare-tools.js';
import { ViewTools } from '../application/view-tools.js';
import { WithdrawTools } from '../application/withdraw-tools.js';
import { ClientIdPipe } from './client-id-pipe.js';
import { DeclareToolsDto, ToolListDto, ToolListsDto } from './tools.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

@ApiTags('tools')
@Controller('v1/sessions/:session_id/tools')
export class ToolsController {
  constructor(
    private readonly views: ViewTools,
    private readonly declareTools: DeclareTools,
    private readonly withdrawTools: WithdrawTools,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listTools', summary: 'The tools that clients have declared for a session' })
  @ApiOkResponse({ standardSchema: ToolListsDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Query({ schema: ShortListQueryDto }) query: ShortListQueryDto,
  ) {
    const lists = await this.views.list({ userId, sessionId });
    const entries = lists.map((list) => ({ id: list.client_id, list }));
    return toListDto(pageOfAll(entries, query), ({ list }) => list);
  }

  @Put(':client_id')
  @ApiOperation({
    operationId: 'declareTools',
    summary: 'Declare the tools that a client executes for a session',
    description:
      'Takes the place of all that this client has declared before. Agents have them from the next run on.',
  })
  @ApiOkResponse({ standardSchema: ToolListDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found'],
    409: ['session.archived', 'tool.name_taken', 'tool.limit_reached'],
  })
  async declare(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Param('client_id', ClientIdPipe) clientId: string,
    @Body({ schema: DeclareToolsDto }) { tools, ttl_seconds: ttlSeconds }: DeclareToolsDto,
  ) {
    const declared = tools.map(({ name, description, parameters, effect, timeout_seconds, agents }) => ({
      ...{ name, description, parameters, effect },
      timeoutSeconds: timeout_seconds ?? null,
      agents: agents ?? null,
    }));
    return this.declareTools.execute({ userId, sessionId, clientId, tools: declared, ttlSeconds });
  }

  @Delete(':client_id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'withdrawTools',
    summary: 'Take the tools of a client out of a session',
    description:
      'Calls that are open, and that no client has claimed, are answered as not available, and agents have the tools no longer from the next run on.',
  })
  @ApiNoContentResponse({ description: 'The client has none' })
  @ApiProblems({ 404: ['session.not_found'] })
  async withdraw(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Param('client_id', ClientIdPipe) clientId: string,
  ): Promise<void> {
    await this.withdrawTools.execute({ userId, sessionId, clientId });
  }
}
