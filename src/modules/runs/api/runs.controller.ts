import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { PageQueryDto, idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { toRunView } from '../application/run-view.js';
import { RunQueries } from '../application/run.queries.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunDto, RunListDto } from './runs.dto.js';

@ApiTags('runs')
@Controller('v1')
export class RunsController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly runs: RunQueries,
  ) {}

  @Get('sessions/:session_id/runs')
  @ApiOperation({ summary: 'The runs of a session, newest first' })
  @ApiOkResponse({ standardSchema: RunListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: PageQueryDto }) query: PageQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.runs.list(sessionId, page), toRunView);
  }

  @Get('runs/:run_id')
  @ApiOperation({ summary: 'One run' })
  @ApiOkResponse({ standardSchema: RunDto })
  @ApiProblems({ 404: ['run.not_found'] })
  async view(@CurrentUser() userId: string, @Param('run_id', new IdPipe(RunNotFound)) runId: string) {
    return toRunView(await this.runs.view(runId, userId));
  }
}
