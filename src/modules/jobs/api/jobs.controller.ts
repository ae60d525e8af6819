import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { idCursor, toListDto } from '../../../shared/api/list.dto.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { CancelJob } from '../application/cancel-job.js';
import { EnqueueJob } from '../application/enqueue-job.js';
import { toJobView } from '../application/job-view.js';
import { JobQueries } from '../application/job.queries.js';
import { JobNotFound } from '../domain/job.errors.js';
import { JobDto, JobListDto, JobQueryDto, RequestJobDto } from './jobs.dto.js';

@ApiTags('jobs')
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly enqueueJob: EnqueueJob,
    private readonly cancelJob: CancelJob,
    private readonly jobs: JobQueries,
  ) {}

  @Post('agents/:agent_id/:version')
  @ApiOperation({
    operationId: 'requestJob',
    summary: 'Let an agent work in the background',
    description:
      'An agent has one queued or running job per session: asked for again, that one is the answer.',
  })
  @ApiAcceptedResponse({
    standardSchema: JobDto,
    description: 'It is queued: job.status_changed announces it',
  })
  @ApiOkResponse({ standardSchema: JobDto, description: 'It was queued or running already' })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['agent.not_found', 'agent.version_not_found', 'session.not_found'],
    409: ['session.archived'],
    429: ['job.quota_exceeded'],
    503: ['database.unavailable', 'server.draining'],
  })
  async request(
    @CurrentUser() userId: string,
    @Param('agent_id') agent: string,
    @Param('version') version: string,
    @Body({ schema: RequestJobDto }) body: RequestJobDto,
  ) {
    const { session_id: sessionId, query, memory } = body;
    const enqueued = await this.enqueueJob.execute({ userId, agent, version, sessionId, query, memory });
    return Answer.accepted(enqueued, toJobView(enqueued.job));
  }

  @Get()
  @ApiOperation({ operationId: 'listJobs', summary: 'Your jobs, newest first' })
  @ApiOkResponse({ standardSchema: JobListDto })
  @ApiProblems({ 400: ['request.invalid'] })
  async list(@CurrentUser() userId: string, @Query({ schema: JobQueryDto }) query: JobQueryDto) {
    const { status, session_id: sessionId, type } = query;
    const page = { limit: query.limit, cursor: idCursor(query.cursor) };
    return toListDto(await this.jobs.list(userId, { status, sessionId, type }, page), toJobView);
  }

  @Get(':job_id')
  @ApiOperation({ operationId: 'getJob', summary: 'One job' })
  @ApiOkResponse({ standardSchema: JobDto })
  @ApiProblems({ 404: ['job.not_found'] })
  async view(@CurrentUser() userId: string, @Param('job_id', new IdPipe(JobNotFound)) jobId: string) {
    return toJobView(await this.jobs.view(jobId, userId));
  }

  @Post(':job_id/cancel')
  @ApiOperation({ operationId: 'cancelJob', summary: 'Cancel a job, on any instance' })
  @ApiAcceptedResponse({
    standardSchema: JobDto,
    description: 'It has ended or is about to end: job.status_changed announces it',
  })
  @ApiOkResponse({ standardSchema: JobDto, description: 'It has ended before' })
  @ApiProblems({ 404: ['job.not_found'], 503: ['database.unavailable'] })
  async cancel(@CurrentUser() userId: string, @Param('job_id', new IdPipe(JobNotFound)) jobId: string) {
    const cancelled = await this.cancelJob.execute({ userId, jobId });
    return Answer.accepted(cancelled, toJobView(cancelled.job));
  }
}
