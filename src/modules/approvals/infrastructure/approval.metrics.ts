import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import type { StoredEvent } from '../../../shared/application/event-stream.js';
import { OnStored } from '../../../shared/infrastructure/events/on-stored.js';

export const APPROVAL_METRICS = [
  makeCounterProvider({
    name: 'approvals_total',
    help: 'Resolved approvals by what was decided',
    labelNames: ['kind', 'decision'],
  }),
  makeHistogramProvider({
    name: 'approval_wait_seconds',
    help: 'From the question to its answer',
    labelNames: ['kind'],
    buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
  }),
];

/** Counts the decisions that this process stores. */
@Injectable()
export class ApprovalMetrics {
  constructor(
    @InjectMetric('approvals_total') private readonly approvals: Counter<'kind' | 'decision'>,
    @InjectMetric('approval_wait_seconds') private readonly wait: Histogram<'kind'>,
  ) {}

  @OnStored('approval.resolved')
  onResolved({ data: { kind, decision, waited_ms: waitedMs } }: StoredEvent<'approval.resolved'>): void {
    this.approvals.inc({ kind, decision });
    this.wait.observe({ kind }, waitedMs / 1000);
  }
}
