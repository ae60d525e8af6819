import { Controller, Get, Header, Req, applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Answer } from '../../../shared/api/answer.js';
import { AnswerProbe } from '../application/answer-probe.js';

const PARTS = {
  type: 'object',
  description: 'By name of the part; only for callers on the same machine',
  additionalProperties: {
    type: 'object',
    required: ['status'],
    properties: { status: { type: 'string', enum: ['up', 'degraded', 'down'] } },
    additionalProperties: true,
  },
};

const answerSchema = (...statuses: string[]) => ({
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: statuses }, info: PARTS, error: PARTS, details: PARTS },
});

/** Describes the answer of AnswerProbe; terminus' own decorator would describe its full report. */
const AnswersProbe = () =>
  applyDecorators(
    Header('cache-control', 'no-cache, no-store, must-revalidate'),
    ApiOkResponse({ description: 'New work may be sent here', schema: answerSchema('ok', 'degraded') }),
    ApiServiceUnavailableResponse({
      description: 'No new work may be sent here',
      schema: answerSchema('error'),
    }),
  );

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(private readonly answerProbe: AnswerProbe) {}

  @Get()
  @AnswersProbe()
  @ApiOperation({ operationId: 'getHealth', summary: 'The same as /health/ready' })
  whole(@Req() request: Request) {
    return this.ready(request);
  }

  @Get('live')
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Whether the process runs, draining or not; never asks anybody else',
  })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string' } } } })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @AnswersProbe()
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Whether new work may be sent here; details only for callers on the same machine',
  })
  async ready(@Req() request: Request) {
    const { statusCode, body } = await this.answerProbe.execute(request);
    return new Answer(statusCode, body);
  }
}
