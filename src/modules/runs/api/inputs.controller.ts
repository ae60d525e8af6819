import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { filter, takeWhile } from 'rxjs';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { EventFeed } from '../../../shared/api/event-feed.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { StreamsEvents } from '../../../shared/api/streams-events.js';
import { EventStream, StreamItem, isReset } from '../../../shared/application/event-stream.js';
import { SessionNotFound } from '../../sessions/index.js';
import { Accepted } from '../application/inputs/accepted.js';
import { DecideApproval } from '../application/inputs/decide-approval.js';
import { SendUserMessage } from '../application/inputs/send-user-message.js';
import { SubmitToolResult } from '../application/inputs/submit-tool-result.js';
import { SwitchAgent } from '../application/inputs/switch-agent.js';
import { toVerdict } from './decisions.dto.js';
import { SessionEventDto } from './events.dto.js';
import { AcceptedDto, InputDto, toAcceptedDto, toAttached, toToolAnswer } from './inputs.dto.js';

const SESSION_ID = new IdPipe(SessionNotFound);

const PROBLEMS = {
  400: ['request.invalid', 'model.no_images'],
  404: [
    'session.not_found',
    'agent.not_found',
    'model.not_configured',
    'tool_call.not_found',
    'approval.not_found',
    'plan.not_found',
  ],
  409: [
    'run.in_progress',
    'blob.missing',
    'run.queue_full',
    'run.changed',
    'steer.limit_reached',
    'session.archived',
    'tool_call.not_requested',
    'tool_call.already_settled',
    'tool_call.claimed',
    'tool_call.not_claimed',
    'approval.already_decided',
    'approval.asked_again',
    'approval.expired',
    'plan.transition_not_allowed',
    'plan.version_changed',
  ],
  503: ['database.unavailable', 'server.busy', 'server.draining'],
};

@ApiTags('messages')
@Controller('v1/sessions/:session_id/messages')
export class InputsController {
  constructor(
    private readonly sendUserMessage: SendUserMessage,
    private readonly submitToolResult: SubmitToolResult,
    private readonly switchAgent: SwitchAgent,
    private readonly decideApproval: DecideApproval,
    private readonly events: EventStream,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'sendMessage',
    summary: 'Tell a session something; what follows is in its event stream',
  })
  @ApiAcceptedResponse({ standardSchema: AcceptedDto })
  @ApiOkResponse({ standardSchema: AcceptedDto, description: 'The same input was accepted before' })
  @ApiProblems(PROBLEMS)
  async send(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: InputDto }) input: InputDto,
  ) {
    const accepted = await this.take(userId, sessionId, input);
    return Answer.accepted(accepted, toAcceptedDto(accepted));
  }

  @Post('stream')
  @ApiOperation({
    operationId: 'streamMessage',
    summary: 'The same, answered with the events that follow until the run waits or is finished',
  })
  @StreamsEvents()
  @ApiOkResponse({ standardSchema: SessionEventDto })
  @ApiProblems(PROBLEMS)
  async stream(
    @CurrentUser() userId: string,
    @Param('session_id', SESSION_ID) sessionId: string,
    @Body({ schema: InputDto }) input: InputDto,
  ): Promise<EventFeed> {
    const { run, lastEventId, endEventId = lastEventId } = await this.take(userId, sessionId, input);
    return {
      sessionId,
      after: lastEventId,
      open: (cursor) =>
        run
          ? this.events.watch(sessionId, cursor).pipe(
              filter((item) => isReset(item) || item.runId === run.id),
              takeWhile((item) => !restsAfter(item), true),
            )
          : this.events
              .replay(sessionId, cursor)
              .pipe(takeWhile((item) => isReset(item) || item.seq <= endEventId)),
    };
  }

  private take(userId: string, sessionId: string, input: InputDto): Promise<Accepted> {
    switch (input.type) {
      case 'user_message': {
        const agent = input.agent === 'auto' ? undefined : input.agent;
        const { content, model, reasoning_effort: reasoningEffort, on_busy: onBusy } = input;
        const message = {
          content,
          attached: toAttached(input),
          agent,
          model,
          reasoningEffort,
          onBusy,
          expectedRunId: input.expected_run_id,
        };
        return this.sendUserMessage.execute({ userId, sessionId, ...message });
      }
      case 'tool_result': {
        const { call_id: callId, client_id: clientId = null } = input;
        const outcome = toToolAnswer(input);
        return this.submitToolResult.execute({ userId, sessionId, callId, clientId, outcome });
      }
      case 'switch_agent':
        return this.switchAgent.execute({ userId, sessionId, agent: input.agent, reason: input.reason });
      case 'hitl_decision': {
        const on = { sessionId, callId: input.call_id };
        return this.decideApproval.execute({ userId, on, verdict: toVerdict(input) });
      }
      case 'plan_decision': {
        const on = { sessionId, planId: input.plan_id };
        const verdict = toVerdict(input);
        return this.decideApproval.execute({ userId, on, verdict, planVersion: input.version });
      }
    }
  }
}

const restsAfter = (item: StreamItem): boolean =>
  !isReset(item) && (item.type === 'run.waiting' || item.type === 'run.finished');
