import { once } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { Job, Queue, QueueOptions, WaitingError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Consumer, Delivery, JobQueue, keyOf } from '../application/job-queue.js';
import { atMost } from '../../../shared/application/at-most.js';
import { RedisConnections } from '../../../shared/infrastructure/redis/redis-connections.js';
import { InFlightDeliveries } from './in-flight-deliveries.js';

const QUEUE = 'jobs';
/** Key prefix, so that other programs can use the same Redis database. */
const PREFIX = 'agent-runtime';
const DEFAULT_PORT = '6379';
const LONGEST_PAUSE_MS = 1_000;
/** Answer timeout of Redis. */
const ANSWER_TIMEOUT_MS = 3_000;
/** Answer timeout of a worker, whose blocking command for the next message takes up to five seconds. */
const BLOCKING_TIMEOUT_MS = 15_000;
/** The longest wait for the last acknowledgements of a worker that stops. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * The queue in Redis. A message stays there until its attempt has ended; the sweep sends messages again that Redis lost,
 * or that a dead worker had taken without starting the job.
 */
@Injectable()
export class BullMqJobQueue extends JobQueue {
  readonly description: string;
  private readonly logger = new Logger(BullMqJobQueue.name);
  private readonly connections: RedisConnections;
  private readonly sender: Redis;
  private readonly queue: Queue<Delivery>;

  constructor(
    url: string,
    private readonly leaseSeconds: number,
    shutdown: Shutdown,
  ) {
    super();
    const { hostname, port } = new URL(url);
    this.description = `queue in Redis at ${hostname}:${port || DEFAULT_PORT}`;
    this.connections = new RedisConnections(url, this.logger, 'trouble with the queue in Redis');
    // A send without a connection fails at once: jobs wait in the database, not in memory.
    this.sender = this.connections.openImpatient(ANSWER_TIMEOUT_MS);
    this.queue = new Queue<Delivery>(QUEUE, this.options(this.sender));
    this.queue.on('error', (error) => this.connections.report(error));
    // BullMQ's own duplicates of these connections end with their next attempt to reconnect.
    shutdown.register('close_database', () => this.connections.close());
  }

  async ping(): Promise<void> {
    // Fails at once if there is no connection.
    await this.sender.ping();
  }

  async send(deliveries: readonly Delivery[]): Promise<void> {
    if (this.sender.status !== 'ready') {
      await once(this.sender, 'ready', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    }
    await this.queue.addBulk(
      deliveries.map((data) => ({
        name: QUEUE,
        data,
        opts: { jobId: keyOf(data), removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  /** Returns without awaiting Redis, so that a process can start during its outage. */
  async consume(concurrency: number, take: (delivery: Delivery) => Promise<void>): Promise<Consumer> {
    const inFlight = new InFlightDeliveries(concurrency, take);
    // Commands of a worker are retried until Redis answers.
    const connection = this.connections.open({
      maxRetriesPerRequest: null,
      socketTimeout: BLOCKING_TIMEOUT_MS,
    });
    const leaseMs = this.leaseSeconds * 1000;
    const worker = new Worker<Delivery>(
      QUEUE,
      async (message: Job<Delivery>, token) => {
        if (await inFlight.deal(message.data)) return;
        await message.moveToWait(token);
        throw new WaitingError();
      },
      {
        ...this.options(connection),
        concurrency,
        // Messages that a dead worker took without starting their jobs come again after two leases, as from the sweep.
        lockDuration: leaseMs,
        stalledInterval: leaseMs / 2,
        runRetryDelay: LONGEST_PAUSE_MS,
      },
    );
    worker.on('error', (error) => this.connections.report(error));
    return {
      stop: async () => {
        const emptied = inFlight.close();
        // Waits for the end of an outage of Redis, so it gets a time limit below.
        const closed = worker.close();
        await emptied;
        await atMost(CLOSE_TIMEOUT_MS, closed);
      },
    };
  }

  /** Skips the version check: BullMQ never uses a connection that breaks during it. */
  private options(connection: Redis): Pick<QueueOptions, 'connection' | 'prefix' | 'skipVersionCheck'> {
    return { connection, prefix: PREFIX, skipVersionCheck: true };
  }
}
