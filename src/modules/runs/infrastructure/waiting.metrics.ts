import { Injectable, Logger } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { ABANDONED } from './sql-run.repository.js';

/** Of all instances: whoever is asked answers for the whole database. A call that had to be allowed is requested then. */
const OLDEST = `
  select 'tool_result' as kind, min(coalesce(a.decided_at, c.created_at)) as since
    from tool_calls c left join approvals a on a.call_id = c.id where c.status = 'requested'
  union all select 'approval', min(created_at) from approvals where status = 'pending' and kind = 'tool_call'
  union all select 'plan_decision', min(created_at) from approvals where status = 'pending' and kind = 'plan'
  union all select 'queued', min(created_at) from runs where status = 'queued'
  union all select 'recovery', min(lease_expires_at) from runs where ${ABANDONED}
  union all select 'job', min(available_at) from jobs where status = 'queued' and available_at <= now()`;

/** How long the oldest thing of each kind has waited: what is stuck shows here. Asked for with each scrape. */
@Injectable()
export class WaitingMetrics {
  private readonly logger = new Logger(WaitingMetrics.name);

  constructor(
    registry: Registry,
    private readonly database: Database,
  ) {
    const read = () => this.read();
    registry.registerMetric(
      new Gauge({
        name: 'oldest_waiting_seconds',
        help: 'How long the oldest one has waited, by what it waits for; 0 where nothing does',
        labelNames: ['kind'],
        registers: [],
        async collect() {
          this.reset();
          for (const { kind, seconds } of await read()) this.set({ kind }, Math.max(0, seconds));
        },
      }),
    );
  }

  /** Without the database the other metrics are needed all the more. */
  private async read(): Promise<{ kind: string; seconds: number }[]> {
    try {
      return await this.database.query(
        `select kind, coalesce(extract(epoch from now() - since), 0)::float8 as seconds from (${OLDEST}) as oldest`,
        [],
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'what waits cannot be looked at');
      return [];
    }
  }
}
