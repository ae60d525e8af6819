import { Controller, Get, Header, NotFoundException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Config } from '../../../config/config.js';
import { MetricsText } from '../application/metrics-text.js';

@ApiTags('operation')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: MetricsText,
    private readonly config: Config,
  ) {}

  @Get()
  @Header('content-type', MetricsText.CONTENT_TYPE)
  @ApiOperation({ summary: 'Metrics for Prometheus; elsewhere where METRICS_PORT is set' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'Prometheus text format', schema: { type: 'string' } })
  read(): Promise<string> {
    if (this.config.metricsPort !== undefined) throw new NotFoundException();
    return this.metrics.read();
  }
}
