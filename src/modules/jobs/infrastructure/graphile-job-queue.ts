import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger as NestLogger, OnModuleInit } from '@nestjs/common';
import { Logger, Runner, RunnerOptions, run, runMigrations } from 'graphile-worker';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DatabaseLocation } from '../../../shared/infrastructure/persistence/database-location.js';
import { PostgresClient } from '../../../shared/infrastructure/persistence/postgres-client.js';
import { prepared } from '../../../shared/infrastructure/persistence/prepared-statements.js';
import { openUnflushedSession } from '../../../shared/infrastructure/persistence/session-settings.js';
import { Consumer, Delivery, JobQueue, keyOf } from '../application/job-queue.js';
import { atMost } from '../../../shared/application/at-most.js';
import { InFlightDeliveries } from './in-flight-deliveries.js';
import { QueuePool } from './queue-pool.js';
import { ThrottledWarning } from '../../../shared/infrastructure/throttled-warning.js';

const TASK = 'agent_job';
/** One connection listens for notifications; the others fetch and acknowledge messages. */
const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 3_000;
/** The sweep sends again what a crash of PostgreSQL loses. pg-pool waits for `onConnect`, which its types do not say. */
const SESSION = { onConnect: openUnflushedSession };
/** Polling is needed only if a notification is lost. */
const POLL_MS = 2_000;
const RESTART_MS = 500;
/** The longest wait for a stopping worker to send its last acknowledgements and release its connections. */
const CLOSE_TIMEOUT_MS = 1_000;
/** A stopped worker finishes the messages it has taken; the shutdown limits that time, not the library. */
const NEVER_MS = 2 ** 31 - 1;

/** A message that is already in the queue keeps its place. In one order, since two batches may have some in common. */
const ADD = `
  select count(*) from graphile_worker.add_jobs(
    array(
      select ('${TASK}', payload, null, null, null, key, null, null)::graphile_worker.job_spec
        from unnest($1::text[], $2::json[]) as d(key, payload) order by key
    ),
    job_key_preserve_run_at => true
  )`;

/** Events of a runner that ends by itself, or could not fetch messages. */
const TROUBLE = ['pool:gracefulShutdown', 'worker:getJob:error'];

const parametersOf = (deliveries: readonly Delivery[]) => [
  deliveries.map(keyOf),
  deliveries.map((delivery) => JSON.stringify(delivery)),
];

/** The queue in PostgreSQL. NOTIFY wakes the workers, in a commit that does not wait for the disk. */
@Injectable()
export class GraphileJobQueue extends JobQueue implements OnModuleInit {
  readonly description = 'queue in PostgreSQL';
  private readonly logger = new NestLogger(GraphileJobQueue.name);
  private readonly trouble = new ThrottledWarning(this.logger);
  private readonly pool: QueuePool;

  constructor({ url }: DatabaseLocation, shutdown: Shutdown) {
    super();
    this.pool = new QueuePool({
      connectionString: url,
      max: CONNECTIONS,
      // Sends the next job without connecting first.
      min: 1,
      application_name: 'agent-runtime jobs',
      Client: PostgresClient,
      ...SESSION,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // Every connection has an error listener, idle or not: an unhandled `error` event would end the process.
    this.pool.on('connect', (connection) => connection.on('error', this.logTrouble));
    this.pool.on('error', this.logTrouble);
    shutdown.register('close_database', () => atMost(CLOSE_TIMEOUT_MS, this.pool.end()));
  }

  /** Creates the queue's own tables before the server listens. */
  async onModuleInit(): Promise<void> {
    await runMigrations({ pgPool: this.pool, logger: this.bridge() });
  }

  async ping(): Promise<void> {
    await this.pool.query(`select 'graphile_worker.add_jobs'::regproc`);
  }

  async send(deliveries: readonly Delivery[]): Promise<void> {
    await this.pool.query(prepared(ADD, parametersOf(deliveries)));
  }

  async consume(concurrency: number, take: (delivery: Delivery) => Promise<void>): Promise<Consumer> {
    const inFlight = new InFlightDeliveries(concurrency, take);
    const stopping = new AbortController();
    const first = await this.start(concurrency, inFlight);
    const ended = this.keepRunning(first, () => this.start(concurrency, inFlight), stopping.signal);
    return {
      stop: async () => {
        const emptied = inFlight.close();
        stopping.abort();
        await emptied;
        await atMost(CLOSE_TIMEOUT_MS, ended);
      },
    };
  }

  /**
   * Replaces graphile-worker's runner at the first sign of trouble: a runner that cannot acknowledge a message ends, and
   * one whose first fetch fails never fetches again. The new runner does not wait for the messages of the old one: both
   * share one concurrency limit.
   */
  private async keepRunning(
    first: Running,
    restart: () => Promise<Running>,
    stop: AbortSignal,
  ): Promise<void> {
    const stopped = once(stop, 'abort');
    for (let current: Running | undefined = first; ;) {
      if (current) await Promise.race([current.trouble, stopped]);
      const stopping = current?.runner.stop().catch(this.logTrouble);
      if (stop.aborted) return stopping;
      await Promise.race([pause(RESTART_MS), stopped]);
      current = stop.aborted ? undefined : await restart().catch(this.logTrouble);
    }
  }

  private async start(concurrency: number, inFlight: InFlightDeliveries): Promise<Running> {
    const events: NonNullable<RunnerOptions['events']> = new EventEmitter();
    const trouble = Promise.race(TROUBLE.map((sign) => once(events, sign)));
    const runner = await run({
      pgPool: this.pool,
      events,
      logger: this.bridge(),
      concurrency,
      pollInterval: POLL_MS,
      noHandleSignals: true,
      gracefulShutdownAbortTimeout: NEVER_MS,
      parsedCronItems: [],
      // With these, a failed acknowledgement ends the runner; by default it would be an unhandled rejection.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: {
        [TASK]: async (message) => {
          if (!(await inFlight.deal(message as Delivery))) throw new Error('the worker has stopped');
        },
      },
    });
    runner.promise.catch(this.logTrouble);
    return { runner, trouble };
  }

  private readonly logTrouble = (error: unknown): undefined => {
    this.trouble.warn(error, 'trouble with the queue in PostgreSQL');
  };

  /** Logs the library's errors as warnings and its reports of each message at debug level. */
  private bridge(): Logger {
    return new Logger(() => (level, message) => {
      if (level === 'error') this.logTrouble(new Error(message));
      else this.logger.debug(message);
    });
  }
}

interface Running {
  readonly runner: Runner;
  readonly trouble: Promise<unknown>;
}
