import { Controller, Get, Headers, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { toPlanRecordView } from '../application/plan-record-view.js';
import { PlanQueries } from '../application/plan.queries.js';
import { PlanNotFound } from '../domain/plan.errors.js';
import { PlanListDto, PlanQueryDto, PlanRecordDto } from './plans.dto.js';

@ApiTags('plans')
@Controller('v1')
export class PlansController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly plans: PlanQueries,
  ) {}

  @Get('sessions/:session_id/plans')
  @ApiOperation({ operationId: 'listSessionPlans', summary: 'The plans of a session, newest first' })
  @ApiOkResponse({ standardSchema: PlanListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: PlanQueryDto }) query: PlanQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.plans.list(sessionId, { status: query.status }, page), toPlanRecordView);
  }

  @Get('plans')
  @ApiOperation({ operationId: 'listPlans', summary: 'The plans in all your sessions, newest first' })
  @ApiOkResponse({ standardSchema: PlanListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async listOwned(@CurrentUser() userId: string, @Query({ schema: PlanQueryDto }) query: PlanQueryDto) {
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.plans.listOwned(userId, { status: query.status }, page), toPlanRecordView);
  }

  @Get('plans/:plan_id')
  @ApiOperation({
    operationId: 'getPlan',
    summary: 'One plan with its subtasks and everything that was decided on it',
  })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of the answer one has' })
  @ApiOkResponse({ standardSchema: PlanRecordDto, headers: { ETag: { schema: { type: 'string' } } } })
  @ApiResponse({ status: 304, description: 'It is as it was' })
  @ApiProblems({ 404: ['plan.not_found'] })
  async view(
    @CurrentUser() userId: string,
    @Param('plan_id', new IdPipe(PlanNotFound)) planId: string,
    @Headers('if-none-match') known: string | undefined,
  ) {
    const record = await this.plans.view(planId, userId);
    const tag = `"${record.plan.version}"`;
    const headers = { etag: tag, 'cache-control': 'private, no-cache' };
    return known !== undefined && namesTag(known, tag)
      ? new Answer(HttpStatus.NOT_MODIFIED, undefined, headers)
      : new Answer(HttpStatus.OK, toPlanRecordView(record), headers);
  }
}

/** Whether If-None-Match (RFC 9110, 13.1.2) names the tag. A proxy that compresses makes it weak: `W/"1"`. */
const namesTag = (header: string, tag: string): boolean =>
  header.split(',').some((each) => ['*', tag, `W/${tag}`].includes(each.trim()));
