import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck } from '@nestjs/terminus';
import type { Request, Response } from 'express';
import { AnswerProbe } from '../application/answer-probe.js';

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(private readonly answerProbe: AnswerProbe) {}

  @Get()
  @HealthCheck()
  @ApiOperation({ summary: 'The same as /health/ready' })
  whole(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    return this.ready(request, response);
  }

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs, draining or not; never asks anybody else' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string' } } } })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @HealthCheck()
  @ApiOperation({
    summary: 'Whether new work may be sent here; details only for callers on the same machine',
  })
  async ready(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const { statusCode, body } = await this.answerProbe.execute(request);
    response.status(statusCode);
    return body;
  }
}
