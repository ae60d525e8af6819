import { Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import type { StoredEvent } from '../../../shared/application/event-stream.js';
import { OnStored } from '../../../shared/infrastructure/events/on-stored.js';
import { makeDatabaseGaugeProvider } from '../../../shared/infrastructure/metrics/database-gauge.js';
import { AgentRegistry } from '../../agents/index.js';
import { JobHandlers } from '../application/job-handler.js';
import { JOB_STATUSES } from '../domain/job.states.js';
import { agentOfType, jobTypeOf } from '../domain/job.js';

export const JOB_METRICS = [
  makeCounterProvider({
    name: 'jobs_total',
    help: 'Jobs by the status they came to; one that is tried again comes to queued again',
    labelNames: ['type', 'status'],
  }),
  makeHistogramProvider({
    name: 'job_duration_seconds',
    help: 'The last attempt of a job, from its start to the end of the job',
    labelNames: ['type', 'status'],
    buckets: [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
  }),
  makeDatabaseGaugeProvider(
    {
      name: 'job_queue_depth',
      help: 'Jobs that are queued, also those whose next attempt is not due yet; of all instances',
    },
    `select count(*)::int as value from jobs where status = 'queued'`,
  ),
];

/** Counts the changes of jobs that this process stores. */
@Injectable()
export class JobMetrics implements OnApplicationBootstrap {
  constructor(
    @InjectMetric('jobs_total') private readonly jobs: Counter<'type' | 'status'>,
    @InjectMetric('job_duration_seconds') private readonly duration: Histogram<'type' | 'status'>,
    private readonly agents: AgentRegistry,
    private readonly handlers: JobHandlers,
  ) {}

  /** Starts at 0: `rate()` needs a first sample. */
  onApplicationBootstrap(): void {
    const ofAgents = this.agents.all().map(({ id }) => jobTypeOf(id));
    for (const type of new Set([...ofAgents, ...this.handlers.types])) {
      for (const status of JOB_STATUSES) this.jobs.inc({ type, status }, 0);
    }
  }

  @OnStored('job.status_changed')
  onChanged({ data }: StoredEvent<'job.status_changed'>): void {
    const labels = { type: this.labelOf(data.job_type), status: data.status };
    this.jobs.inc(labels);
    if (data.duration_ms !== undefined) this.duration.observe(labels, data.duration_ms / 1000);
  }

  private labelOf(type: string): string {
    return jobTypeOf(this.agents.labelOf(agentOfType(type)));
  }
}
