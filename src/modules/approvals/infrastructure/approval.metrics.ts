import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Counter, Histogram, Registry } from 'prom-client';
import type { StoredEvent } from '../../../shared/application/event-stream.js';

/** Counts what this process sees decided. */
@Injectable()
export class ApprovalMetrics {
  private readonly approvals: Counter<'kind' | 'decision'>;
  private readonly wait: Histogram<'kind'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.approvals = new Counter({
      name: 'approvals_total',
      help: 'Resolved approvals by what was decided',
      labelNames: ['kind', 'decision'],
      registers,
    });
    this.wait = new Histogram({
      name: 'approval_wait_seconds',
      help: 'From the question to its answer',
      labelNames: ['kind'],
      buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
      registers,
    });
  }

  @OnEvent('approval.resolved')
  onResolved({ data }: StoredEvent): void {
    const kind = data['kind'] as string;
    this.approvals.inc({ kind, decision: data['decision'] as string });
    this.wait.observe({ kind }, Number(data['waited_ms']) / 1000);
  }
}
