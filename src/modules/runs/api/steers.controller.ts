import { Controller, Delete, HttpCode, HttpStatus, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { SessionNotFound } from '../../sessions/index.js';
import { WithdrawSteer } from '../application/inputs/withdraw-steer.js';
import { SteerNotFound } from '../domain/run.errors.js';

@ApiTags('messages')
@Controller('v1/sessions/:session_id/steers')
export class SteersController {
  constructor(private readonly withdrawSteer: WithdrawSteer) {}

  @Delete(':steer_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiOperation({
    operationId: 'withdrawSteer',
    summary: 'Take back a message that waits for an agent at work, until the agent is told',
  })
  @ApiNoContentResponse()
  @ApiProblems({ 404: ['session.not_found', 'steer.not_found'], 503: ['database.unavailable'] })
  async withdraw(
    @CurrentUser() userId: string,
    @Param('session_id', new IdPipe(SessionNotFound)) sessionId: string,
    @Param('steer_id', new IdPipe(SteerNotFound)) steerId: string,
  ): Promise<void> {
    await this.withdrawSteer.execute({ userId, sessionId, steerId });
  }
}
