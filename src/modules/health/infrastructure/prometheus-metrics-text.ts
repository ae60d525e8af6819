import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import { MetricsText } from '../application/metrics-text.js';

@Injectable()
export class PrometheusMetricsText extends MetricsText {
  constructor(private readonly registry: Registry) {
    super();
  }

  read(): Promise<string> {
    return this.registry.metrics();
  }
}
