import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { PageQueryDto, idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { CancelRun } from '../application/inputs/cancel-run.js';
import { toRunView } from '../application/run-view.js';
import { RunQueries } from '../application/run.queries.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunDto, RunListDto, RunQueryDto } from './runs.dto.js';

@ApiTags('runs')
@Controller('v1')
export class RunsController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly runs: RunQueries,
    private readonly cancelRun: CancelRun,
  ) {}

  @Get('sessions/:session_id/runs')
  @ApiOperation({ operationId: 'listSessionRuns', summary: 'The runs of a session, newest first' })
  @ApiOkResponse({ standardSchema: RunListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: PageQueryDto }) query: PageQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.runs.list(sessionId, page), (run) => toRunView(run));
  }

  @Get('runs')
  @ApiOperation({
    operationId: 'listRuns',
    summary: 'Your runs in all sessions, newest first: what is active, and for how long',
  })
  @ApiOkResponse({ standardSchema: RunListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async listOwned(@CurrentUser() userId: string, @Query({ schema: RunQueryDto }) query: RunQueryDto) {
    const filter = { status: query.status, olderThanSeconds: query.older_than_seconds };
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.runs.listOwned(userId, filter, page), (run) => toRunView(run));
  }

  @Post('runs/:run_id/cancel')
  @ApiOperation({
    operationId: 'cancelRun',
    summary: 'Cancel a run, on any instance; the text so far is kept',
  })
  @ApiAcceptedResponse({
    standardSchema: RunDto,
    description: 'It has ended or is about to end: run.finished announces it',
  })
  @ApiOkResponse({ standardSchema: RunDto, description: 'It has ended before' })
  @ApiProblems({ 404: ['run.not_found'], 503: ['database.unavailable'] })
  async cancel(@CurrentUser() userId: string, @Param('run_id', new IdPipe(RunNotFound)) runId: string) {
    const cancelled = await this.cancelRun.execute({ userId, runId });
    return Answer.accepted(cancelled, toRunView(cancelled.run));
  }

  @Get('runs/:run_id')
  @ApiOperation({ operationId: 'getRun', summary: 'One run' })
  @ApiOkResponse({ standardSchema: RunDto })
  @ApiProblems({ 404: ['run.not_found'] })
  async view(@CurrentUser() userId: string, @Param('run_id', new IdPipe(RunNotFound)) runId: string) {
    return toRunView(await this.runs.view(runId, userId));
  }
}
