import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Counter, Histogram, Registry } from 'prom-client';
import type { StoredEvent } from '../../../shared/application/event-stream.js';
import { DatabaseGauges } from '../../../shared/infrastructure/metrics/database-gauges.js';
import { AgentRegistry } from '../../agents/index.js';
import { JOB_STATUSES } from '../domain/job-status.js';
import { jobTypeOf } from '../domain/job.js';

/** Counts what this process sees happen to jobs; how many are queued is asked of the database with each scrape. */
@Injectable()
export class JobMetrics {
  private readonly jobs: Counter<'type' | 'status'>;
  private readonly duration: Histogram<'type' | 'status'>;

  constructor(registry: Registry, gauges: DatabaseGauges, agents: AgentRegistry) {
    const registers = [registry];
    this.jobs = new Counter({
      name: 'jobs_total',
      help: 'Jobs by the status they came to; one that is tried again comes to queued again',
      labelNames: ['type', 'status'],
      registers,
    });
    // How much a figure has grown shows only where there was one before: also the first failure is one.
    for (const { id } of agents.all()) {
      for (const status of JOB_STATUSES) this.jobs.inc({ type: jobTypeOf(id), status }, 0);
    }
    this.duration = new Histogram({
      name: 'job_duration_seconds',
      help: 'The last attempt of a job, from its start to the end of the job',
      labelNames: ['type', 'status'],
      buckets: [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600],
      registers,
    });
    gauges.add(
      {
        name: 'job_queue_depth',
        help: 'Jobs that are queued, also those whose next attempt is not due yet; of all instances',
        labelNames: [],
      },
      `select count(*)::int as value from jobs where status = 'queued'`,
    );
  }

  @OnEvent('job.status_changed')
  onChanged({ data }: StoredEvent): void {
    const labels = { type: data['job_type'] as string, status: data['status'] as string };
    this.jobs.inc(labels);
    if ('duration_ms' in data) this.duration.observe(labels, Number(data['duration_ms']) / 1000);
  }
}
