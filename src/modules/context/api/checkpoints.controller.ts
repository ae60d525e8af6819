import { Body, Controller, Param, Post, Put } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { JobDto, toJobView } from '../../jobs/index.js';
import { SessionNotFound } from '../../sessions/index.js';
import { toCheckpointView } from '../application/checkpoint-view.js';
import { EditCheckpoint } from '../application/edit-checkpoint.js';
import { RequestCompaction } from '../application/request-compaction.js';
import { CheckpointDto, CompactDto, EditCheckpointDto } from './checkpoint.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

@ApiTags('context')
@Controller('v1/sessions/:session_id')
export class CheckpointsController {
  constructor(
    private readonly editCheckpoint: EditCheckpoint,
    private readonly requestCompaction: RequestCompaction,
  ) {}

  @Put('context/checkpoint')
  @ApiOperation({
    operationId: 'editCheckpoint',
    summary: 'Put what the agent remembers of old messages in your own words; what it stands for stays',
    description: 'It holds from the next run on. A compaction that is at work meanwhile goes on from it.',
  })
  @ApiOkResponse({ standardSchema: CheckpointDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found', 'model.not_configured'],
    409: ['context.checkpoint_changed', 'session.archived'],
    503: ['database.unavailable'],
  })
  async edit(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: EditCheckpointDto }) { content, based_on: basedOn }: EditCheckpointDto,
  ) {
    return toCheckpointView(await this.editCheckpoint.execute({ userId, sessionId, content, basedOn }));
  }

  @Post('compact')
  @ApiOperation({
    operationId: 'compactContext',
    summary: 'Replace the messages so far, as the agent is told them, by a checkpoint, in the background',
    description: 'There is one such job in a session at a time: asked for again, that one is the answer.',
  })
  @ApiAcceptedResponse({
    standardSchema: JobDto,
    description: 'It is queued: job.status_changed and context.compacted announce it',
  })
  @ApiOkResponse({ standardSchema: JobDto, description: 'It was queued or running already' })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['session.not_found'],
    409: ['session.archived'],
    429: ['job.quota_exceeded'],
    503: ['database.unavailable', 'server.draining'],
  })
  async compact(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: CompactDto }) body: CompactDto,
  ) {
    const instructions = body?.instructions;
    const enqueued = await this.requestCompaction.execute({ userId, sessionId, instructions });
    return Answer.accepted(enqueued, toJobView(enqueued.job));
  }
}
