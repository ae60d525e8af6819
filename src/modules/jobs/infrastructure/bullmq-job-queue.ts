import { once } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { Job, Queue, QueueOptions, WaitingError, Worker } from 'bullmq';
import { Redis, RedisOptions } from 'ioredis';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Consumer, Delivery, JobQueue, keyOf } from '../application/job-queue.js';
import { atMost } from '../../../shared/application/at-most.js';
import { DeliveriesInHand } from './deliveries-in-hand.js';
import { TroubleLog } from './trouble-log.js';

const QUEUE = 'jobs';
/** So that others may use the same database of the same Redis. */
const PREFIX = 'agent-runtime';
const DEFAULT_PORT = '6379';
const LONGEST_PAUSE_MS = 1_000;
/** How long Redis may take to accept a connection, and to answer on it. */
const PATIENCE_MS = 3_000;
/** A worker waits for its next message by a command that is answered after five seconds at the latest. */
const BLOCKING_PATIENCE_MS = 15_000;
/** For the last acknowledgements of a worker that stops. */
const LAST_WORDS_MS = 1_000;

/**
 * The queue in Redis. A message is there from its sending to the end of its job; what Redis loses, or a dead worker
 * had taken and not begun, the relay sends again.
 */
@Injectable()
export class BullMqJobQueue extends JobQueue {
  readonly description: string;
  private readonly logger = new Logger(BullMqJobQueue.name);
  private readonly trouble = new TroubleLog(this.logger);
  private readonly connections: Redis[] = [];
  private isClosed = false;
  private readonly sender: Redis;
  private readonly queue: Queue<Delivery>;

  constructor(
    private readonly url: string,
    private readonly leaseSeconds: number,
    shutdown: Shutdown,
  ) {
    super();
    const { hostname, port } = new URL(url);
    this.description = `queue in Redis at ${hostname}:${port || DEFAULT_PORT}`;
    // What cannot be sent at once fails: it waits in the database, and not in here.
    this.sender = this.connect({
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      socketTimeout: PATIENCE_MS,
    });
    this.queue = new Queue<Delivery>(QUEUE, this.options(this.sender));
    this.queue.on('error', (error) => this.hear(error));
    shutdown.register('close_database', () => this.close());
  }

  async ping(): Promise<void> {
    // Fails at once where there is no connection.
    await this.sender.ping();
  }

  async send(deliveries: readonly Delivery[]): Promise<void> {
    if (this.sender.status !== 'ready') {
      await once(this.sender, 'ready', { signal: AbortSignal.timeout(PATIENCE_MS) });
    }
    await this.queue.addBulk(
      deliveries.map((data) => ({
        name: QUEUE,
        data,
        opts: { jobId: keyOf(data), removeOnComplete: true, removeOnFail: true },
      })),
    );
  }

  /** Not async in fact: a process that starts does not wait for Redis. */
  async consume(concurrency: number, take: (delivery: Delivery) => Promise<void>): Promise<Consumer> {
    const inHand = new DeliveriesInHand(concurrency, take);
    // Whatever a worker asks is asked until it is answered.
    const connection = this.connect({ maxRetriesPerRequest: null, socketTimeout: BLOCKING_PATIENCE_MS });
    const leaseMs = this.leaseSeconds * 1000;
    const worker = new Worker<Delivery>(
      QUEUE,
      async (message: Job<Delivery>, token) => {
        if (await inHand.deal(message.data)) return;
        await message.moveToWait(token);
        throw new WaitingError();
      },
      {
        ...this.options(connection),
        concurrency,
        // What a dead worker had taken and not begun is delivered again after two leases, as the relay would have it.
        lockDuration: leaseMs,
        stalledInterval: leaseMs / 2,
        runRetryDelay: LONGEST_PAUSE_MS,
      },
    );
    worker.on('error', (error) => this.hear(error));
    return {
      stop: async () => {
        const emptied = inHand.close();
        // It waits for Redis, however long that is away.
        const closed = worker.close();
        await emptied;
        await atMost(LAST_WORDS_MS, closed);
      },
    };
  }

  private connect(options: RedisOptions): Redis {
    const connection = new Redis(this.url, {
      ...options,
      connectTimeout: PATIENCE_MS,
      retryStrategy: (times) => (this.isClosed ? null : Math.min(times * 50, LONGEST_PAUSE_MS)),
    });
    connection.on('error', (error) => this.hear(error));
    this.connections.push(connection);
    return connection;
  }

  /** The version is not asked for: a connection that breaks at that moment would never be used. */
  private options(connection: Redis): Pick<QueueOptions, 'connection' | 'prefix' | 'skipVersionCheck'> {
    return { connection, prefix: PREFIX, skipVersionCheck: true };
  }

  private hear(error: Error): void {
    if (!this.isClosed) this.trouble.warn(error, 'trouble with the queue in Redis');
  }

  /** Those that BullMQ has opened beside them end with their next try to reach Redis. */
  private close(): void {
    this.isClosed = true;
    for (const connection of this.connections) connection.disconnect();
  }
}
