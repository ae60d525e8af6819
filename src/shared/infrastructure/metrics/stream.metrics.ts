import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';
import { StreamMetrics } from '../../application/stream-metrics.js';

export const STREAM_METRICS = [
  makeGaugeProvider({ name: 'sse_connections', help: 'Open event streams' }),
  makeCounterProvider({
    name: 'sse_events_sent_total',
    help: 'Events sent to readers',
    labelNames: ['type'],
  }),
  makeHistogramProvider({
    name: 'event_delivery_seconds',
    help: 'From the storing of an event to its sending, to readers who had been waiting for it',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  }),
];

@Injectable()
export class PrometheusStreamMetrics extends StreamMetrics {
  constructor(
    @InjectMetric('sse_connections') private readonly connections: Gauge,
    @InjectMetric('sse_events_sent_total') private readonly sentEvents: Counter<'type'>,
    @InjectMetric('event_delivery_seconds') private readonly delivery: Histogram,
  ) {
    super();
  }

  connected(): void {
    this.connections.inc();
  }

  disconnected(): void {
    this.connections.dec();
  }

  sent(type: string): void {
    this.sentEvents.inc({ type });
  }

  delivered(seconds: number): void {
    this.delivery.observe(seconds);
  }
}
