import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { ApprovalQueries } from '../application/approval.queries.js';
import { toApprovalView } from '../domain/approval-view.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';
import { ApprovalDto, ApprovalListDto, ApprovalQueryDto } from './approvals.dto.js';

@ApiTags('approvals')
@Controller('v1')
export class ApprovalsController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly approvals: ApprovalQueries,
  ) {}

  @Get('sessions/:session_id/approvals')
  @ApiOperation({ operationId: 'listSessionApprovals', summary: 'The approvals of a session, newest first' })
  @ApiOkResponse({ standardSchema: ApprovalListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: ApprovalQueryDto }) query: ApprovalQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.approvals.list(sessionId, { status: query.status }, page), toApprovalView);
  }

  @Get('approvals')
  @ApiOperation({ operationId: 'listApprovals', summary: 'The approvals in all your sessions, newest first' })
  @ApiOkResponse({ standardSchema: ApprovalListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async listOwned(
    @CurrentUser() userId: string,
    @Query({ schema: ApprovalQueryDto }) query: ApprovalQueryDto,
  ) {
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.approvals.listOwned(userId, { status: query.status }, page), toApprovalView);
  }

  @Get('approvals/:approval_id')
  @ApiOperation({ operationId: 'getApproval', summary: 'One approval' })
  @ApiOkResponse({ standardSchema: ApprovalDto })
  @ApiProblems({ 404: ['approval.not_found'] })
  async view(
    @CurrentUser() userId: string,
    @Param('approval_id', new IdPipe(ApprovalNotFound)) approvalId: string,
  ) {
    return toApprovalView(await this.approvals.view(approvalId, userId));
  }
}
