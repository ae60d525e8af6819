import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheck } from '@nestjs/terminus';
import type { Response } from 'express';
import { Readiness } from '../application/readiness.js';

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get()
  @HealthCheck()
  @ApiOperation({ summary: 'Whether the process can serve, with details' })
  whole(@Res({ passthrough: true }) response: Response) {
    return this.ready(response);
  }

  @Get('live')
  @ApiOperation({ summary: 'Whether the process runs, draining or not; never asks anybody else' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string' } } } })
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  @HealthCheck()
  @ApiOperation({ summary: 'Whether new work may be sent here: 503 while draining or without database' })
  async ready(@Res({ passthrough: true }) response: Response) {
    const { isReady, details } = await this.readiness.check();
    if (!isReady) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return details;
  }
}
