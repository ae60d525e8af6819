import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import { COMPACTION_OUTCOMES, CompactionOutcome, ContextMetrics } from '../application/context-metrics.js';
import { CHECKPOINT_REASONS, CheckpointReason } from '../domain/checkpoint.js';

export const CONTEXT_METRICS = [
  makeCounterProvider({
    name: 'compactions_total',
    help: 'Attempts to replace old messages of a context by a checkpoint, by why and with what outcome',
    labelNames: ['reason', 'outcome'],
  }),
  makeHistogramProvider({
    name: 'context_estimate_error_ratio',
    help: 'How far the estimate of a request was from the tokens that its provider told: -0.5 = half of them, 1 = twice',
    buckets: [-0.75, -0.5, -0.25, -0.1, -0.05, 0, 0.05, 0.1, 0.25, 0.5, 1, 2],
  }),
];

@Injectable()
export class PrometheusContextMetrics extends ContextMetrics {
  constructor(
    @InjectMetric('compactions_total') private readonly compactions: Counter<'reason' | 'outcome'>,
    @InjectMetric('context_estimate_error_ratio') private readonly errors: Histogram,
  ) {
    super();
    // Starts at 0: `rate()` needs a first sample. What users edit is no compaction.
    for (const reason of CHECKPOINT_REASONS.filter((each) => each !== 'edit')) {
      for (const outcome of COMPACTION_OUTCOMES) this.compactions.inc({ reason, outcome }, 0);
    }
  }

  compacted(reason: CheckpointReason, outcome: CompactionOutcome): void {
    this.compactions.inc({ reason, outcome });
  }

  estimated(tokens: number, told: number): void {
    this.errors.observe(tokens / told - 1);
  }
}
