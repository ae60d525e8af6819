import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { JobQueue } from '../../jobs/index.js';
import { DatabaseProbe, MigrationState } from '../application/database-probe.js';
import { Checked, Readiness } from '../application/readiness.js';

/** The longest wait for the answer of a part. */
const CHECK_TIMEOUT_MS = 3_000;

@Injectable()
export class TerminusReadiness extends Readiness {
  private readonly lookAtDatabase: () => Promise<MigrationState>;
  private readonly pingQueue: () => Promise<void>;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    database: DatabaseProbe,
    private readonly queue: JobQueue,
    private readonly shutdown: Shutdown,
  ) {
    super();
    this.lookAtDatabase = coalesced(() => database.look());
    this.pingQueue = coalesced(() => queue.ping());
  }

  async check(): Promise<Checked> {
    const looking = this.lookAtDatabase();
    try {
      const details = await this.health.check([
        () => this.accepting(),
        () => this.attempt('database', async () => void (await looking)),
        () => this.attempt('migrations', async () => compare(await looking)),
        () => this.jobQueue(),
      ]);
      return { isReady: true, details };
    } catch (error) {
      // Terminus throws its report of a failed check; the probe answers with it.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { isReady: false, details: error.getResponse() as object };
    }
  }

  private attempt<const Key extends string>(key: Key, work: () => Promise<Record<string, unknown> | void>) {
    return this.indicators.check(key).attempt(work).withTimeout(CHECK_TIMEOUT_MS);
  }

  private accepting(): HealthIndicatorResult {
    const check = this.indicators.check('accepting');
    return this.shutdown.draining ? check.down() : check.up();
  }

  /** Degraded at worst, not down: without the queue, jobs wait in the database and the rest works. */
  private async jobQueue(): Promise<HealthIndicatorResult> {
    const { queue } = await this.attempt('queue', this.pingQueue);
    return queue.status === 'up'
      ? { queue }
      : this.indicators.check('queue').degraded(this.queue.description);
  }
}

/** Callers share one pending check, even if it outlasts their timeouts. */
function coalesced<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => (asking ??= ask().finally(() => (asking = undefined)));
}

/** A newer database is fine: during a rollout the previous version goes on serving. */
function compare({ missing, unknown }: MigrationState): Record<string, unknown> {
  if (missing.length > 0) throw new Error(`not run yet: ${missing.join(', ')}`);
  return unknown.length > 0 ? { unknown } : {};
}
