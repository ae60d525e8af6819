import { Body, Controller, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { ApprovalNotFound } from '../../approvals/index.js';
import { PlanNotFound } from '../../plans/index.js';
import { CancelPlan } from '../application/inputs/cancel-plan.js';
import { DecideApproval } from '../application/inputs/decide-approval.js';
import { RetryPlan } from '../application/inputs/retry-plan.js';
import { DecisionDto, ReasonDto, toVerdict } from './decisions.dto.js';
import { AcceptedDto, toAcceptedDto } from './inputs.dto.js';

const UNAVAILABLE = { 503: ['database.unavailable', 'server.draining'] };

/** Decisions of a human on approvals and plans. */
@Controller('v1')
export class DecisionsController {
  constructor(
    private readonly decideApproval: DecideApproval,
    private readonly cancelPlan: CancelPlan,
    private readonly retryPlan: RetryPlan,
  ) {}

  @Post('approvals/:approval_id/decision')
  @ApiTags('approvals')
  @ApiOperation({ operationId: 'decideApproval', summary: 'Decide on a tool call or a plan, once' })
  @ApiAcceptedResponse({ standardSchema: AcceptedDto })
  @ApiOkResponse({ standardSchema: AcceptedDto, description: 'The same had been decided before' })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['approval.not_found'],
    409: ['approval.already_decided', 'approval.expired', 'plan.version_changed'],
    ...UNAVAILABLE,
  })
  async decide(
    @CurrentUser() userId: string,
    @Param('approval_id', new IdPipe(ApprovalNotFound)) approvalId: string,
    @Body({ schema: DecisionDto }) { version: planVersion, ...decision }: DecisionDto,
  ) {
    const verdict = toVerdict(decision);
    const accepted = await this.decideApproval.execute({ userId, on: { approvalId }, verdict, planVersion });
    return Answer.accepted(accepted, toAcceptedDto(accepted));
  }

  @Post('plans/:plan_id/cancel')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiTags('plans')
  @ApiOperation({
    operationId: 'cancelPlan',
    summary: 'Cancel a plan, and the run that drafts or executes it',
  })
  @ApiAcceptedResponse({ standardSchema: AcceptedDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['plan.not_found'],
    409: ['plan.transition_not_allowed'],
    503: ['database.unavailable'],
  })
  async cancel(
    @CurrentUser() userId: string,
    @Param('plan_id', new IdPipe(PlanNotFound)) planId: string,
    @Body({ schema: ReasonDto }) given: ReasonDto,
  ) {
    return toAcceptedDto(await this.cancelPlan.execute({ userId, planId, reason: given?.reason }));
  }

  @Post('plans/:plan_id/retry')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiTags('plans')
  @ApiOperation({
    operationId: 'retryPlan',
    summary: 'Retry a failed plan from the subtask that failed, in a run of its own',
  })
  @ApiAcceptedResponse({ standardSchema: AcceptedDto })
  @ApiProblems({
    400: ['request.invalid'],
    404: ['plan.not_found'],
    409: ['plan.transition_not_allowed', 'run.in_progress', 'session.archived'],
    ...UNAVAILABLE,
  })
  async retry(
    @CurrentUser() userId: string,
    @Param('plan_id', new IdPipe(PlanNotFound)) planId: string,
    @Body({ schema: ReasonDto }) given: ReasonDto,
  ) {
    return toAcceptedDto(await this.retryPlan.execute({ userId, planId, reason: given?.reason }));
  }
}
