import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { idCursor, timeCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { ChangeSession } from '../application/change-session.js';
import { CreateSession } from '../application/create-session.js';
import { DeleteSession } from '../application/delete-session.js';
import { SessionQueries } from '../application/session.queries.js';
import { SessionNotFound } from '../domain/session.errors.js';
import {
  ChangeSessionDto,
  CreateSessionDto,
  SessionDto,
  SessionListDto,
  SessionQueryDto,
  toClaimsRequired,
  toSessionDto,
} from './sessions.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

@ApiTags('sessions')
@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly createSession: CreateSession,
    private readonly changeSession: ChangeSession,
    private readonly deleteSession: DeleteSession,
    private readonly queries: SessionQueries,
  ) {}

  @Post()
  @ApiOperation({ operationId: 'createSession', summary: 'Open a session' })
  @ApiCreatedResponse({ standardSchema: SessionDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['agent.not_found', 'model.not_configured'] })
  async create(@CurrentUser() userId: string, @Body({ schema: CreateSessionDto }) body: CreateSessionDto) {
    const { title, agent, model, reasoning_effort: reasoningEffort, metadata } = body;
    const { approval_mode: approvalMode, builtin_tools: builtinTools, file_hashes: fileHashes } = body;
    const command = {
      ...{ userId, title, agent, model, reasoningEffort, approvalMode, metadata },
      ...{ builtinTools, fileHashes, claimsRequired: toClaimsRequired(body.client_claims) },
    };
    return toSessionDto(await this.createSession.execute(command));
  }

  @Get()
  @ApiOperation({
    operationId: 'listSessions',
    summary: 'Your sessions, newest first, or those that have changed last',
  })
  @ApiOkResponse({ standardSchema: SessionListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async list(@CurrentUser() userId: string, @Query({ schema: SessionQueryDto }) query: SessionQueryDto) {
    const { archived, status, q: text, workspace, sort, limit, cursor } = query;
    const page = { limit, cursor: sort === 'updated_at' ? timeCursor(cursor) : idCursor(cursor) };
    const filter = { archived, status, text, workspace, sort };
    return toListDto(await this.queries.list(userId, filter, page), toSessionDto);
  }

  @Get(':session_id')
  @ApiOperation({ operationId: 'getSession', summary: 'One session' })
  @ApiOkResponse({ standardSchema: SessionDto })
  @ApiProblems({ 404: ['session.not_found'] })
  async view(@CurrentUser() userId: string, @Param('session_id', SESSION_ID) sessionId: string) {
    return toSessionDto(await this.queries.view(sessionId, userId));
  }

  @Patch(':session_id')
  @ApiOperation({
    operationId: 'updateSession',
    summary:
      'Rename or describe a session, choose its model, approval mode or tools, archive it or bring it back',
  })
  @ApiOkResponse({ standardSchema: SessionDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found', 'model.not_configured'],
    409: ['run.in_progress'],
  })
  async change(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: ChangeSessionDto }) body: ChangeSessionDto,
  ) {
    const { title, archived, model, reasoning_effort: reasoningEffort, metadata } = body;
    const { approval_mode: approvalMode, builtin_tools: builtinTools, file_hashes: fileHashes } = body;
    const command = {
      ...{ userId, sessionId, title, archived, model, reasoningEffort, approvalMode, metadata },
      ...{ builtinTools, fileHashes, claimsRequired: toClaimsRequired(body.client_claims) },
    };
    return toSessionDto(await this.changeSession.execute(command));
  }

  @Delete(':session_id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteSession', summary: 'Delete a session' })
  @ApiNoContentResponse()
  @ApiProblems({ 404: ['session.not_found'], 409: ['run.in_progress'] })
  async delete(@CurrentUser() userId: string, @Param('session_id', SESSION_ID) sessionId: string) {
    await this.deleteSession.execute({ userId, sessionId });
  }
}
