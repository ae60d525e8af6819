import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger as NestLogger, OnModuleInit } from '@nestjs/common';
import { Logger, Runner, run, runMigrations } from 'graphile-worker';
import { Pool } from 'pg';
import { EntityManager } from 'typeorm';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DatabaseLocation } from '../../../shared/infrastructure/persistence/database-location.js';
import { BoundedClient } from '../../../shared/infrastructure/persistence/bounded-client.js';
import { Consumer, Delivery, JobQueue } from '../application/job-queue.js';
import { EnlistingQueue } from './enlisting-queue.js';

const TASK = 'agent_job';
/** One is kept for notifications; the others fetch and acknowledge messages. */
const CONNECTIONS = 4;
/** Only in case a notification is lost. */
const POLL_MS = 2_000;
const RESTART_MS = 500;
/** What a stopped worker has taken, it finishes; the wait for that is ours to limit. */
const NEVER_MS = 2 ** 31 - 1;

const ADD = `
  select graphile_worker.add_job('${TASK}', json_build_object('job_id', id), job_key => key)
    from unnest($1::text[], $2::text[]) as d(id, key)`;

const parametersOf = (deliveries: readonly Delivery[]) => [
  deliveries.map(({ jobId }) => jobId),
  deliveries.map(({ key }) => key),
];

/** The queue in PostgreSQL. A message is added in the transaction that stores its job, and heard of by NOTIFY. */
@Injectable()
export class GraphileJobQueue extends JobQueue implements EnlistingQueue, OnModuleInit {
  readonly description = 'queue in PostgreSQL';
  private readonly logger = new NestLogger(GraphileJobQueue.name);
  private readonly pool: Pool;

  constructor({ url }: DatabaseLocation, shutdown: Shutdown) {
    super();
    this.pool = new Pool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: 'agent-runtime jobs',
      Client: BoundedClient,
    });
    this.pool.on('error', (error) => this.logger.warn({ err: error }, 'a connection of the queue is lost'));
    shutdown.register('close_database', () => this.pool.end());
  }

  /** Its tables are its own; they are there before anything is served. */
  async onModuleInit(): Promise<void> {
    await runMigrations({ pgPool: this.pool, logger: this.bridge() });
  }

  async enlist(manager: EntityManager, delivery: Delivery): Promise<void> {
    await manager.query(ADD, parametersOf([delivery]));
  }

  async send(deliveries: readonly Delivery[]): Promise<void> {
    await this.pool.query(ADD, parametersOf(deliveries));
  }

  async consume(concurrency: number, take: (jobId: string) => Promise<void>): Promise<Consumer> {
    const start = () =>
      run({
        pgPool: this.pool,
        logger: this.bridge(),
        concurrency,
        pollInterval: POLL_MS,
        noHandleSignals: true,
        gracefulShutdownAbortTimeout: NEVER_MS,
        parsedCronItems: [],
        taskList: { [TASK]: (message) => take((message as { job_id: string }).job_id) },
      });
    const stopping = new AbortController();
    let runner = await start();
    const ended = this.keepRunning(
      () => runner,
      async () => (runner = await start()),
      stopping.signal,
    );
    return {
      stop: async () => {
        stopping.abort();
        await runner.stop().catch((error: unknown) => {
          this.logger.warn({ err: error }, 'the queue had ended before it was stopped');
        });
        await ended;
      },
    };
  }

  /** A worker of this library ends when it cannot reach its database; a new one takes its place when it can. */
  private async keepRunning(
    current: () => Runner,
    restart: () => Promise<unknown>,
    stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted) {
      try {
        await current().promise;
      } catch (error) {
        this.logger.warn({ err: error }, 'the queue is interrupted');
      }
      while (!stop.aborted) {
        try {
          await pause(RESTART_MS, undefined, { signal: stop });
          await restart();
          break;
        } catch (error) {
          if (!stop.aborted) this.logger.warn({ err: error }, 'the queue cannot be reached yet');
        }
      }
    }
  }

  /** What the library has to say goes into our log; its news of every message do not. */
  private bridge(): Logger {
    return new Logger(() => (level, message, meta) => {
      if (level === 'error' || level === 'warning') this.logger.warn({ meta }, `graphile-worker: ${message}`);
      else this.logger.debug(message);
    });
  }
}
