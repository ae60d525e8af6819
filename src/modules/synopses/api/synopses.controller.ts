import { Body, Controller, Get, HttpStatus, Param, Post, Put, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { PageQueryDto, positionCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { JobDto, toJobView } from '../../jobs/index.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { EditSynopsis } from '../application/edit-synopsis.js';
import { FormSynopsis } from '../application/form-synopsis.js';
import { toVersionSummary, toVersionView } from '../application/synopsis-view.js';
import { SynopsisQueries } from '../application/synopsis.queries.js';
import { ViewSynopsis } from '../application/view-synopsis.js';
import {
  EditSynopsisDto,
  FormQueryDto,
  FormedDto,
  SynopsisDto,
  SynopsisVersionDto,
  SynopsisVersionListDto,
} from './synopses.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

@ApiTags('synopses')
@Controller('v1/sessions/:session_id/synopsis')
export class SynopsesController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly synopses: SynopsisQueries,
    private readonly viewSynopsis: ViewSynopsis,
    private readonly formSynopsis: FormSynopsis,
    private readonly editSynopsis: EditSynopsis,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'formSynopsis',
    summary: 'Bring the synopsis of a session up to date: in the background, or while you wait',
    description: `It is the job of \`synopsis_manager\` either way. With \`mode=sync\` an attempt that fails is told with the \
code of its job: 409 for \`synopsis.nothing_to_cover\` and \`job.cancelled\`, 503 for everything else; the next attempts \
go on in the background.`,
  })
  @ApiAcceptedResponse({
    standardSchema: JobDto,
    description: 'It is queued: synopsis.updated and job.status_changed announce it',
  })
  @ApiOkResponse({ standardSchema: FormedDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found'],
    409: ['synopsis.nothing_to_cover', 'job.cancelled'],
    429: ['job.quota_exceeded'],
    503: ['database.unavailable', 'server.draining', 'model.*', 'job.*', 'synopsis.invalid_answer'],
  })
  async form(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Query({ schema: FormQueryDto }) { mode }: FormQueryDto,
  ) {
    const command = { userId, sessionId };
    if (mode === 'sync') {
      await this.formSynopsis.now(command);
      return new Answer(HttpStatus.OK, await this.viewSynopsis.execute(sessionId));
    }
    const enqueued = await this.formSynopsis.inBackground(command);
    return Answer.accepted(enqueued, toJobView(enqueued.job));
  }

  @Get()
  @ApiOperation({
    operationId: 'getSynopsis',
    summary: 'The live version of the synopsis, and whether the next one is being formed',
  })
  @ApiOkResponse({ standardSchema: SynopsisDto })
  @ApiProblems({ 404: ['session.not_found'] })
  async view(@CurrentUser() userId: string, @Param('session_id', SESSION_ID) sessionId: string) {
    await this.sessions.requireOwned(sessionId, userId);
    return this.viewSynopsis.execute(sessionId);
  }

  @Put()
  @ApiOperation({
    operationId: 'editSynopsis',
    summary: 'Put the synopsis in your own words; what it covers stays',
  })
  @ApiOkResponse({ standardSchema: SynopsisDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found'],
    409: ['synopsis.version_changed', 'session.archived'],
    503: ['database.unavailable'],
  })
  async edit(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: EditSynopsisDto }) body: EditSynopsisDto,
  ) {
    const { title, items, based_on: basedOn } = body;
    await this.editSynopsis.execute({ userId, sessionId, content: { title, items }, basedOn });
    return this.viewSynopsis.execute(sessionId);
  }

  @Get('versions')
  @ApiOperation({
    operationId: 'listSynopsisVersions',
    summary: 'All versions of the synopsis, newest first, without what they say',
  })
  @ApiOkResponse({ standardSchema: SynopsisVersionListDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async list(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Query({ schema: PageQueryDto }) query: PageQueryDto,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    const page = { limit: query.limit, cursor: positionCursor(query.cursor) };
    return toListDto(await this.synopses.list(sessionId, page), toVersionSummary);
  }

  @Get('versions/:version')
  @ApiOperation({ operationId: 'getSynopsisVersion', summary: 'One version of the synopsis' })
  @ApiOkResponse({ standardSchema: SynopsisVersionDto })
  @ApiProblems({ 404: ['session.not_found', 'synopsis.version_not_found'] })
  async version(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Param('version') version: string,
  ) {
    await this.sessions.requireOwned(sessionId, userId);
    return toVersionView(await this.synopses.view(sessionId, version));
  }
}
