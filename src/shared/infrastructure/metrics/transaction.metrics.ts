import { Injectable } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';

/** `replayed`: it was not carried out, since the same request had been before. */
export type TransactionOutcome = 'committed' | 'rolled_back' | 'replayed';

/** How long units of work take and how they end, by operation. */
@Injectable()
export class TransactionMetrics {
  private readonly duration: Histogram<'operation' | 'outcome'>;
  private readonly commits: Counter<'operation' | 'status'>;

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'sse_transaction_duration_seconds',
      help: 'How long database transactions are open, by unit of work',
      labelNames: ['operation', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
    this.commits = new Counter({
      name: 'sse_transaction_commits_total',
      help: 'Transactions that were to be committed, by unit of work and how it ended',
      labelNames: ['operation', 'status'],
      registers: [registry],
    });
  }

  observe(operation: string, outcome: TransactionOutcome, seconds: number): void {
    this.duration.observe({ operation, outcome }, seconds);
    if (outcome === 'replayed') return;
    this.commits.inc({ operation, status: outcome === 'committed' ? 'success' : 'error' });
  }
}
