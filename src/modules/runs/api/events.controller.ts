import { Controller, Get, Headers, Param, Query } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { filter, takeWhile } from 'rxjs';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { EventQueryDto, eventCursor } from '../../../shared/api/event-cursor.js';
import { EventFeed } from '../../../shared/api/event-feed.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { StreamsEvents } from '../../../shared/api/streams-events.js';
import { EventStream, isReset } from '../../../shared/application/event-stream.js';
import { SessionNotFound, SessionQueries } from '../../sessions/index.js';
import { RunQueries } from '../application/run.queries.js';
import { RunNotFound } from '../domain/run.errors.js';
import { SessionEventDto } from './events.dto.js';

const LAST_EVENT_ID = 'last-event-id';

@ApiTags('events')
@ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Resume after this event id' })
@Controller('v1')
export class EventsController {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly runs: RunQueries,
    private readonly events: EventStream,
  ) {}

  @Get('sessions/:session_id/events')
  @StreamsEvents()
  @ApiOperation({
    operationId: 'streamSessionEvents',
    summary:
      'Everything that happens in a session; stays open until it is deleted. Without a cursor: from now on',
  })
  @ApiOkResponse({ standardSchema: SessionEventDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['session.not_found'] })
  async ofSession(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Query({ schema: EventQueryDto }) query: EventQueryDto,
    @Headers(LAST_EVENT_ID) lastEventId: string | undefined,
  ): Promise<EventFeed> {
    const given = eventCursor(lastEventId, query.after);
    await this.sessions.requireOwned(sessionId, userId);
    const after = given ?? (await this.events.lastSeq(sessionId));
    return {
      sessionId,
      after,
      open: (cursor) =>
        this.events
          .watch(sessionId, cursor)
          .pipe(takeWhile((item) => isReset(item) || item.type !== 'session.deleted', true)),
    };
  }

  @Get('runs/:run_id/events')
  @StreamsEvents()
  @ApiOperation({
    operationId: 'streamRunEvents',
    summary: 'Everything that happens in a run, from its first event to `run.finished`; then it ends',
  })
  @ApiOkResponse({ standardSchema: SessionEventDto })
  @ApiProblems({ 400: ['request.invalid'], 404: ['run.not_found'] })
  async ofRun(
    @CurrentUser() userId: string,
    @Param('run_id', new IdPipe(RunNotFound)) runId: string,
    @Query({ schema: EventQueryDto }) query: EventQueryDto,
    @Headers(LAST_EVENT_ID) lastEventId: string | undefined,
  ): Promise<EventFeed> {
    const given = eventCursor(lastEventId, query.after);
    const { sessionId, isFinal, eventsAfter } = await this.runs.place(runId, userId);
    const after = Math.max(given ?? 0, eventsAfter);
    return {
      sessionId,
      after,
      // All events of a finished run are in the log, also where the cursor is behind its last one.
      open: (cursor) =>
        (isFinal ? this.events.replay(sessionId, cursor) : this.events.watch(sessionId, cursor)).pipe(
          filter((item) => isReset(item) || item.runId === runId),
          takeWhile((item) => isReset(item) || item.type !== 'run.finished', true),
        ),
    };
  }
}
