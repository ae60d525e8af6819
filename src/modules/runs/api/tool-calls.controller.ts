import { Controller, Get, HttpStatus, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Answer } from '../../../shared/api/answer.js';
import { CurrentUser } from '../../../shared/api/current-user.js';
import { IdPipe } from '../../../shared/api/id-pipe.js';
import { ApiProblems } from '../../../shared/api/problem.dto.js';
import { ViewToolResult } from '../application/view-tool-result.js';
import { ToolCallNotFound } from '../domain/run.errors.js';

const TEXT = 'text/plain; charset=utf-8';

@ApiTags('runs')
@Controller('v1/tool-calls')
export class ToolCallsController {
  constructor(private readonly viewToolResult: ViewToolResult) {}

  @Get(':call_id/result')
  @ApiOperation({
    operationId: 'getToolCallResult',
    summary:
      'All that was answered to a tool call, also where the conversation has only its beginning and end',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems({
    404: ['tool_call.not_found', 'tool_result.not_found'],
    410: ['tool_result.expired'],
  })
  async result(
    @CurrentUser() userId: string,
    @Param('call_id', new IdPipe(ToolCallNotFound)) callId: string,
  ) {
    const text = await this.viewToolResult.execute({ userId, callId });
    return new Answer(HttpStatus.OK, text, { 'content-type': TEXT });
  }
}
