import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read-config.js';
import { Consumer, Delivery, JobQueue } from '../../src/modules/jobs/application/job-queue.js';
import { BullMqJobQueue } from '../../src/modules/jobs/infrastructure/bullmq-job-queue.js';
import { GraphileJobQueue } from '../../src/modules/jobs/infrastructure/graphile-job-queue.js';
import { Shutdown } from '../../src/shared/application/shutdown.js';
import { DatabaseLocation } from '../../src/shared/infrastructure/persistence/database-location.js';
import { TestDatabase } from '../support/database.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { RedisServer } from '../support/redis-server.js';

const LEASE_SECONDS = 1;
/** What “fails” and “stops” may take at most, whatever the queue's server does. */
const CONFIG = readConfig({});
const LIMIT_MS = 12_000;

/** A queue's server, and how to reach it. */
interface QueueServer {
  readonly url: string;
  /** What every message contains on its way to the server. */
  readonly messageText: string;
  open(url: string, shutdown: Shutdown): Promise<JobQueue>;
  /** Forgets every message. */
  clear(): Promise<unknown>;
  stop(): Promise<void>;
}

async function postgres(): Promise<QueueServer> {
  const database = await TestDatabase.create();
  return {
    url: database.url,
    messageText: 'add_job',
    open: async (url, shutdown) => {
      const location = await DatabaseLocation.open(readConfig({ DATABASE_URL: url }));
      const queue = new GraphileJobQueue(location, shutdown);
      await queue.onModuleInit();
      return queue;
    },
    clear: () => database.rows('delete from graphile_worker._private_jobs'),
    stop: () => database.drop(),
  };
}

async function redis(): Promise<QueueServer> {
  const server = await RedisServer.start();
  return {
    url: server.url,
    messageText: 'agent-runtime:',
    open: (url, shutdown) => Promise.resolve(new BullMqJobQueue(url, LEASE_SECONDS, shutdown)),
    clear: () => server.flushAll(),
    stop: () => server.stop(),
  };
}

const delivery = (): Delivery => ({ jobId: randomUUID(), version: 1 });
const deliveries = (count: number): Delivery[] => Array.from({ length: count }, delivery);
const idsOf = (sent: readonly Delivery[]) => sent.map(({ jobId }) => jobId).toSorted();

/** A consumer that takes deliveries, and deals with them when the test allows it. */
class Taker {
  readonly taken: Delivery[] = [];
  most = 0;
  private inHand = 0;
  private gate: PromiseWithResolvers<void> | undefined;
  consumer: Consumer | undefined;

  async begin(queue: JobQueue, concurrency = 4): Promise<this> {
    this.consumer = await queue.consume(concurrency, async (taken) => {
      this.taken.push(taken);
      this.most = Math.max(this.most, ++this.inHand);
      await this.gate?.promise;
      this.inHand--;
    });
    return this;
  }

  hold(): this {
    this.gate = Promise.withResolvers();
    return this;
  }

  letGo(): void {
    this.gate!.resolve();
    this.gate = undefined;
  }
}

const contract = (name: string, start: () => Promise<QueueServer>) => () => {
  let server: QueueServer;
  let proxy: FlakyProxy;
  let isOpen: boolean;
  let queue: JobQueue;
  let shutdown: Shutdown;
  let takers: Taker[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await start();
  });
  afterAll(() => server?.stop());

  beforeEach(async () => {
    takers = [];
    shutdown = new Shutdown(CONFIG);
    proxy = new FlakyProxy(new URL(server.url));
    queue = await server.open(await proxy.open(), shutdown);
    isOpen = true;
  });
  afterEach(async () => {
    if (!isOpen) await openWay();
    for (const { consumer } of takers) await consumer?.stop();
    await shutdown.onApplicationShutdown();
    await proxy.close();
    await server.clear();
  });

  const taker = () => {
    const made = new Taker();
    takers.push(made);
    return made;
  };
  const closeWay = () => {
    isOpen = false;
    return proxy.close();
  };
  const openWay = async () => {
    isOpen = true;
    await proxy.open();
  };
  /** Waits for what was sent, and then for one more delivery: what else may come has mostly come by then. */
  const everythingFrom = async (sent: readonly Delivery[], ...from: Taker[]): Promise<Delivery[]> => {
    const all = () => from.flatMap(({ taken }) => taken);
    // A consumer that takes several at once may take the last one before the others.
    await eventually(() => expect(all()).toEqual(expect.arrayContaining([...sent])));
    const last = delivery();
    await queue.send([last]);
    await eventually(() => expect(all()).toContainEqual(last));
    return all().filter(({ jobId }) => jobId !== last.jobId);
  };

  /** Sends until all are taken, as the sweep does: a fetch that an outage interrupts may take a message with it. */
  const bring = (sent: readonly Delivery[], to: Taker) =>
    eventually(async () => {
      const missing = sent.filter(({ jobId }) => !idsOf(to.taken).includes(jobId));
      if (missing.length > 0) await queue.send(missing);
      expect(to.taken).toEqual(expect.arrayContaining([...sent]));
    });

  it('says what it is, without credentials', () => {
    expect(queue.description).toContain(`queue in ${name}`);
    expect(new BullMqJobQueue('redis://user:hunter2@127.0.0.1/3', 1, shutdown).description).toBe(
      'queue in Redis at 127.0.0.1:6379',
    );
  });

  it('brings each delivery to exactly one of two consumers, as it was given', async () => {
    const [one, two] = [await taker().hold().begin(queue), await taker().hold().begin(queue)];
    const sent = deliveries(40);
    await queue.send(sent);
    for (const each of [one, two]) await eventually(() => expect(each.taken).not.toHaveLength(0));
    for (const each of [one, two]) each.letGo();
    expect(await everythingFrom(sent, one, two)).toHaveLength(sent.length);
  });

  it('keeps what is sent before anybody consumes, in the order in which it was sent', async () => {
    const sent = deliveries(5);
    for (const each of sent) await queue.send([each]);
    const only = await taker().begin(queue, 1);
    expect(await everythingFrom(sent, only)).toEqual(sent);
  });

  it('does not bring twice what is on its way already; it keeps its place', async () => {
    const [first, second] = [delivery(), delivery()];
    await queue.send([first]);
    await queue.send([second]);
    await queue.send([first]);
    const queuedAgain = { ...first, version: 2 };
    await queue.send([queuedAgain]);
    const only = await taker().begin(queue, 1);
    const sent = [first, second, queuedAgain];
    expect(await everythingFrom(sent, only)).toEqual(sent);
  });

  it('brings as many at once as are asked for, and never more', async () => {
    const only = await taker().hold().begin(queue, 3);
    const sent = deliveries(12);
    await queue.send(sent);
    await eventually(() => expect(only.taken).toHaveLength(3));
    only.letGo();
    expect(await everythingFrom(sent, only)).toHaveLength(12);
    expect(only.most).toBe(3);
  });

  it('lets a consumer that stops finish what it has taken, and brings the rest to others', async () => {
    const leaving = await taker().hold().begin(queue, 2);
    const sent = deliveries(6);
    await queue.send(sent);
    await eventually(() => expect(leaving.taken).toHaveLength(2));
    let isStopped = false;
    const stopping = leaving.consumer!.stop().then(() => (isStopped = true));
    const next = await taker().begin(queue);
    const all = await everythingFrom(sent, leaving, next);
    expect(isStopped).toBe(false);
    leaving.letGo();
    await stopping;
    expect(leaving.taken).toHaveLength(2);
    expect(idsOf(all)).toEqual(idsOf(sent));
    // Acknowledged: they do not come again either.
    expect(idsOf(await everythingFrom([], next)).filter((id) => idsOf(leaving.taken).includes(id))).toEqual(
      [],
    );
  });

  it('says soon that it cannot be reached, or does not answer; and sends again when it can', async () => {
    const only = await taker().begin(queue);
    await closeWay();
    const begunAt = performance.now();
    await expect(queue.send([delivery()])).rejects.toThrow();
    await expect(queue.ping()).rejects.toThrow();
    expect(performance.now() - begunAt).toBeLessThan(LIMIT_MS);

    await openWay();
    await eventually(() => queue.ping());
    await bring([delivery()], only);

    proxy.swallowAnswersFrom(server.messageText);
    const silentAt = performance.now();
    await expect(queue.send([delivery()])).rejects.toThrow();
    expect(performance.now() - silentAt).toBeLessThan(LIMIT_MS);
    await closeWay();
    await openWay();
    await eventually(() => queue.send([delivery()]));
  });

  it('brings deliveries again, as many at once as before, when its server was away in the middle of some', async () => {
    const only = await taker().hold().begin(queue, 3);
    await queue.send(deliveries(2));
    await eventually(() => expect(only.taken).toHaveLength(2));
    await closeWay();
    // In vain.
    await expect(queue.send([delivery()])).rejects.toThrow();
    await openWay();
    const sent = deliveries(6);
    await eventually(() => queue.send(sent));
    await eventually(() => expect(only.taken).toHaveLength(3));
    only.letGo();
    await bring(sent, only);
    expect(only.most).toBe(3);
  });

  it('brings deliveries again although one could not be acknowledged', async () => {
    const only = await taker().hold().begin(queue, 1);
    await queue.send([delivery()]);
    await eventually(() => expect(only.taken).toHaveLength(1));
    await closeWay();
    only.letGo();
    await expect(queue.send([delivery()])).rejects.toThrow();
    await openWay();
    await bring(deliveries(2), only);
  });

  it('does not keep a consumer from stopping, nor the process from ending, while its server is away', async () => {
    const only = await taker().hold().begin(queue);
    await queue.send([delivery()]);
    await eventually(() => expect(only.taken).toHaveLength(1));
    await closeWay();
    only.letGo();
    const begunAt = performance.now();
    await only.consumer!.stop();
    await shutdown.onApplicationShutdown();
    expect(performance.now() - begunAt).toBeLessThan(LIMIT_MS);
    only.consumer = undefined;
    shutdown = new Shutdown(CONFIG);
  });
};

describe('the queue in PostgreSQL', contract('PostgreSQL', postgres));
describe.skipIf(isLeftOutWithout('redis-server'))('the queue in Redis', contract('Redis', redis));
