import { makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';

/** How long units of work take and how they end, by operation. */
export const TRANSACTION_METRICS = [
  makeHistogramProvider({
    name: 'sse_transaction_duration_seconds',
    help: 'How long database transactions are open, by unit of work',
    labelNames: ['operation', 'outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  }),
  makeCounterProvider({
    name: 'sse_transaction_commits_total',
    help: 'Transactions that were to be committed, by unit of work and how it ended',
    labelNames: ['operation', 'status'],
  }),
];
