import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger as NestLogger, OnModuleInit } from '@nestjs/common';
import { Logger, Runner, RunnerOptions, run, runMigrations } from 'graphile-worker';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DatabaseLocation } from '../../../shared/infrastructure/persistence/database-location.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { PostgresClient } from '../../../shared/infrastructure/persistence/postgres-client.js';
import { Consumer, Delivery, JobQueue, keyOf } from '../application/job-queue.js';
import { atMost } from '../../../shared/application/at-most.js';
import { DeliveriesInHand } from './deliveries-in-hand.js';
import { EnlistingQueue } from './enlisting-queue.js';
import { QueuePool } from './queue-pool.js';
import { TroubleLog } from './trouble-log.js';

const TASK = 'agent_job';
/** One is kept for notifications; the others fetch and acknowledge messages. */
const CONNECTIONS = 4;
/** How long PostgreSQL may take to accept a connection. */
const PATIENCE_MS = 3_000;
/** Only in case a notification is lost. */
const POLL_MS = 2_000;
const RESTART_MS = 500;
/** For the last acknowledgements of a worker that stops, and for its connections to be given back. */
const LAST_WORDS_MS = 1_000;
/** What a stopped worker has taken, it finishes; the wait for that is ours to limit. */
const NEVER_MS = 2 ** 31 - 1;

/** What waits already keeps its place. */
const ADD = `
  select count(*) from graphile_worker.add_jobs(
    array(
      select ('${TASK}', payload, null, null, null, key, null, null)::graphile_worker.job_spec
        from unnest($1::text[], $2::json[]) as d(key, payload)
    ),
    job_key_preserve_run_at => true
  )`;

/** It ends by itself; it could not look for messages. */
const TROUBLE = ['pool:gracefulShutdown', 'worker:getJob:error'];

const parametersOf = (deliveries: readonly Delivery[]) => [
  deliveries.map(keyOf),
  deliveries.map((delivery) => JSON.stringify(delivery)),
];

/** The queue in PostgreSQL. A message is added in the transaction that stores its job, and heard of by NOTIFY. */
@Injectable()
export class GraphileJobQueue extends JobQueue implements EnlistingQueue, OnModuleInit {
  readonly description = 'queue in PostgreSQL';
  private readonly logger = new NestLogger(GraphileJobQueue.name);
  private readonly trouble = new TroubleLog(this.logger);
  private readonly pool: QueuePool;

  constructor({ url }: DatabaseLocation, shutdown: Shutdown) {
    super();
    this.pool = new QueuePool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: 'agent-runtime jobs',
      // What the queue forgets when PostgreSQL crashes is sent again: nothing of it is worth waiting for the disk.
      options: '-c synchronous_commit=off',
      Client: PostgresClient,
      connectionTimeoutMillis: PATIENCE_MS,
    });
    // Each connection is heard, in use or not: an error that nobody hears ends the process.
    this.pool.on('connect', (connection) => connection.on('error', this.hear));
    this.pool.on('error', this.hear);
    shutdown.register('close_database', () => atMost(LAST_WORDS_MS, this.pool.end()));
  }

  /** Its tables are its own; they are there before anything is served. */
  async onModuleInit(): Promise<void> {
    await runMigrations({ pgPool: this.pool, logger: this.bridge() });
  }

  enlist(context: Pick<RepositoryContext, 'write'>, delivery: Delivery): void {
    context.write({ text: ADD, values: parametersOf([delivery]) });
  }

  async ping(): Promise<void> {
    await this.pool.query(`select 'graphile_worker.add_jobs'::regproc`);
  }

  async send(deliveries: readonly Delivery[]): Promise<void> {
    await this.pool.query(ADD, parametersOf(deliveries));
  }

  async consume(concurrency: number, take: (delivery: Delivery) => Promise<void>): Promise<Consumer> {
    const inHand = new DeliveriesInHand(concurrency, take);
    const stopping = new AbortController();
    const first = await this.start(concurrency, inHand);
    const ended = this.keepRunning(first, () => this.start(concurrency, inHand), stopping.signal);
    return {
      stop: async () => {
        const emptied = inHand.close();
        stopping.abort();
        await emptied;
        await atMost(LAST_WORDS_MS, ended);
      },
    };
  }

  /**
   * Keeps a runner of this library going. One that cannot acknowledge a message ends, and one whose first look for
   * messages fails would never find any: at the first sign of trouble another one takes its place. It does not wait
   * until that one is done with what it has taken: both together take no more than one may.
   */
  private async keepRunning(
    first: Running,
    restart: () => Promise<Running>,
    stop: AbortSignal,
  ): Promise<void> {
    const stopped = once(stop, 'abort');
    for (let current: Running | undefined = first; ;) {
      if (current) await Promise.race([current.trouble, stopped]);
      const stopping = current?.runner.stop().catch(this.hear);
      if (stop.aborted) return stopping;
      await Promise.race([pause(RESTART_MS), stopped]);
      current = stop.aborted ? undefined : await restart().catch(this.hear);
    }
  }

  private async start(concurrency: number, inHand: DeliveriesInHand): Promise<Running> {
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
      // An acknowledgement that fails ends the runner; without this it would be a rejection that nobody handles.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: {
        [TASK]: async (message) => {
          if (!(await inHand.deal(message as Delivery))) throw new Error('the worker has stopped');
        },
      },
    });
    runner.promise.catch(this.hear);
    return { runner, trouble };
  }

  private readonly hear = (error: unknown): undefined => {
    this.trouble.warn(error, 'trouble with the queue in PostgreSQL');
  };

  /** What goes wrong in the library goes into our log; its news of every message do not. */
  private bridge(): Logger {
    return new Logger(() => (level, message) => {
      if (level === 'error') this.hear(new Error(message));
      else this.logger.debug(message);
    });
  }
}

interface Running {
  readonly runner: Runner;
  readonly trouble: Promise<unknown>;
}
