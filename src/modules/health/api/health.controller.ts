import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import type { Response } from 'express';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DatabasePing } from '../application/database-ping.js';

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabasePing,
    private readonly shutdown: Shutdown,
  ) {}

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
    try {
      return await this.health.check([() => this.isAccepting(), () => this.isDatabaseUp()]);
    } catch (error) {
      // Terminus throws what it has found; to a prober that is an answer, not a problem.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      response.status(error.getStatus());
      return error.getResponse();
    }
  }

  private isAccepting(): HealthIndicatorResult {
    const check = this.indicators.check('accepting');
    return this.shutdown.draining ? check.down() : check.up();
  }

  private async isDatabaseUp(): Promise<HealthIndicatorResult> {
    const check = this.indicators.check('database');
    return (await this.database.answers()) ? check.up() : check.down();
  }
}
