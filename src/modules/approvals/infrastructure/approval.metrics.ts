import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import type { StoredEvent } from '../../../shared/application/event-stream.js';

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

/** Counts what this process sees decided. */
@Injectable()
export class ApprovalMetrics {
  constructor(
    @InjectMetric('approvals_total') private readonly approvals: Counter<'kind' | 'decision'>,
    @InjectMetric('approval_wait_seconds') private readonly wait: Histogram<'kind'>,
  ) {}

  @OnEvent('approval.resolved')
  onResolved({ data }: StoredEvent): void {
    const kind = data['kind'] as string;
    this.approvals.inc({ kind, decision: data['decision'] as string });
    this.wait.observe({ kind }, Number(data['waited_ms']) / 1000);
  }
}
