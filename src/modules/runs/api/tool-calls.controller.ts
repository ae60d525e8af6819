import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { TakesNoKey } from '../../../shared/api/idempotency-key.js';
import { idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { ClaimToolCall } from '../application/inputs/claim-tool-call.js';
import { ReleaseToolCall } from '../application/inputs/release-tool-call.js';
import { RunQueries } from '../application/run.queries.js';
import { ViewToolResult } from '../application/view-tool-result.js';
import { ToolCallNotFound } from '../domain/run.errors.js';
import {
  ClaimDto,
  ReleaseDto,
  OpenToolCallDto,
  OpenToolCallListDto,
  ToolCallQueryDto,
  toOpenToolCallDto,
} from './tool-calls.dto.js';

const TEXT = 'text/plain; charset=utf-8';
const CALL_ID = new IdPipe(ToolCallNotFound);

@ApiTags('runs')
@Controller('v1')
export class ToolCallsController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly runs: RunQueries,
    private readonly claimToolCall: ClaimToolCall,
    private readonly releaseToolCall: ReleaseToolCall,
    private readonly viewToolResult: ViewToolResult,
  ) {}

  @Get('sessions/:session_id/tool-calls')
  @ApiOperation({
    operationId: 'listToolCalls',
    summary: 'The tool calls of a session that are open, oldest first, and who executes them',
  })
  @ApiOkResponse({ standardSchema: OpenToolCallListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: ToolCallQueryDto }) query: ToolCallQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.runs.listOpenCalls(sessionId, page), toOpenToolCallDto);
  }

  @Post('tool-calls/:call_id/claim')
  @HttpCode(HttpStatus.OK)
  @TakesNoKey()
  @ApiOperation({
    operationId: 'claimToolCall',
    summary: 'Be the one client that executes a tool call, or go on being it',
  })
  @ApiOkResponse({ standardSchema: OpenToolCallDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['tool_call.not_found'],
    409: ['tool_call.claimed', 'tool_call.not_requested', 'tool_call.already_settled'],
  })
  async claim(
    @CurrentUser() userId: string,
    @Param('call_id', CALL_ID) callId: string,
    @Body({ schema: ClaimDto }) { client_id: clientId, lease_seconds: leaseSeconds }: ClaimDto,
  ) {
    return toOpenToolCallDto(await this.claimToolCall.execute({ userId, callId, clientId, leaseSeconds }));
  }

  @Post('tool-calls/:call_id/release')
  @HttpCode(HttpStatus.OK)
  @ApiOperation({
    operationId: 'releaseToolCall',
    summary: 'Leave a claimed tool call to other clients',
  })
  @ApiOkResponse({ standardSchema: OpenToolCallDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['tool_call.not_found'],
    409: ['tool_call.claimed', 'tool_call.not_claimed', 'tool_call.already_settled'],
  })
  async release(
    @CurrentUser() userId: string,
    @Param('call_id', CALL_ID) callId: string,
    @Body({ schema: ReleaseDto }) { client_id: clientId }: ReleaseDto,
  ) {
    return toOpenToolCallDto(await this.releaseToolCall.execute({ userId, callId, clientId }));
  }

  @Get('tool-calls/:call_id/result')
  @ApiOperation({
    operationId: 'getToolCallResult',
    summary:
      'All that was answered to a tool call, also where the conversation has only its beginning and end',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems({
    404: ['tool_call.not_found', 'tool_result.not_found'],
    410: ['tool_result.expired'],
  })
  async result(@CurrentUser() userId: string, @Param('call_id', CALL_ID) callId: string) {
    const text = await this.viewToolResult.execute({ userId, callId });
    return new Answer(HttpStatus.OK, text, { 'content-type': TEXT });
  }
}
