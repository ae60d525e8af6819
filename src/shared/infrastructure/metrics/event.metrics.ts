import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { StreamMetrics } from '../../application/stream-metrics.js';

/** The delta writer's flushes, and what goes out to readers. */
@Injectable()
export class EventMetrics extends StreamMetrics {
  private readonly flushSize: Histogram;
  private readonly flushDuration: Histogram;
  private readonly connections: Gauge;
  private readonly sentEvents: Counter<'type'>;
  private readonly delivery: Histogram;

  constructor(registry: Registry) {
    super();
    const registers = [registry];
    this.flushSize = new Histogram({
      name: 'event_flush_size',
      help: 'Events written by one flush of the delta writer',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
      registers,
    });
    this.flushDuration = new Histogram({
      name: 'event_flush_duration_seconds',
      help: 'How long a flush of the delta writer takes',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    });
    this.connections = new Gauge({ name: 'sse_connections', help: 'Open event streams', registers });
    this.sentEvents = new Counter({
      name: 'sse_events_sent_total',
      help: 'Events sent to readers',
      labelNames: ['type'],
      registers,
    });
    this.delivery = new Histogram({
      name: 'event_delivery_seconds',
      help: 'From the storing of an event to its sending, to readers who had been waiting for it',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
  }

  flushed(events: number, seconds: number): void {
    this.flushSize.observe(events);
    this.flushDuration.observe(seconds);
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
