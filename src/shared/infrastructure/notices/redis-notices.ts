import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { exhaustMap, firstValueFrom, from, interval, race, switchMap, takeUntil, timer } from 'rxjs';
import { Config } from '../../../config/config.js';
import { InstanceId } from '../../application/instance-id.js';
import { Shutdown } from '../../application/shutdown.js';
import { EventHub } from '../events/event-hub.js';
import { RedisConnections } from '../redis/redis-connections.js';
import { MEMBERSHIP_TOPICS } from './instances.js';
import { NoticeHandlers } from './notice-handlers.js';

/** After this time without an answer a notice goes by PostgreSQL as well. */
const ANSWER_LIMIT_MS = 50;
/** A connection without an answer for this time is replaced. */
const SILENCE_LIMIT_MS = 1_000;
/** A connection that only listens does not notice that it is lost. */
const PROBE_MS = 1_000;

const channelOf = (id: string) => `agent-runtime:notices:${id}`;

/** Notices by the Redis of REDIS_URL, where it is set. Each instance has a channel of its own. */
@Injectable()
export class RedisNotices {
  private readonly logger = new Logger(RedisNotices.name);
  private connections: RedisConnections | undefined;
  private publisher: Redis | undefined;

  constructor(
    private readonly config: Config,
    private readonly instance: InstanceId,
    private readonly handlers: NoticeHandlers,
    private readonly hub: EventHub,
    private readonly shutdown: Shutdown,
  ) {}

  /** Begins to listen and to send, as soon as Redis is there. */
  open(): void {
    const { redisUrl } = this.config;
    if (redisUrl === undefined) return;
    const connections = new RedisConnections(redisUrl, this.logger, 'trouble with notices by Redis');
    this.connections = connections;
    this.publisher = connections.openImpatient(SILENCE_LIMIT_MS);
    const subscriber = connections.open({
      maxRetriesPerRequest: null,
      socketTimeout: SILENCE_LIMIT_MS,
      autoResubscribe: false,
    });
    subscriber.on('message', (_channel, payload: string) =>
      this.handlers.receive(payload, MEMBERSHIP_TOPICS),
    );
    // Repeated, it changes nothing, and shows that Redis answers, and allows it.
    const listen = () =>
      subscriber.subscribe(channelOf(this.instance.value)).catch((error: Error) => connections.report(error));
    // Redis may have counted this receiver without having reached it, until it noticed the loss as well.
    let wasReady = false;
    subscriber.on('ready', () => {
      wasReady = true;
      void listen().then(() => this.hub.wakeAll());
    });
    subscriber.on('close', () => {
      if (wasReady) this.hub.wakeAll();
      wasReady = false;
    });
    interval(PROBE_MS).pipe(exhaustMap(listen), takeUntil(this.shutdown.begun$)).subscribe();
    this.shutdown.register('close_database', () => connections.close());
  }

  /** @returns whether every peer has got everything, as far as Redis knows */
  async publish(peers: readonly string[], payloads: readonly string[]): Promise<boolean> {
    if (this.publisher?.status !== 'ready' || peers.length === 0) return false;
    const pipeline = this.publisher.pipeline();
    for (const id of peers) for (const payload of payloads) pipeline.publish(channelOf(id), payload);
    const answered = pipeline.exec().then(
      (receivers) => {
        for (const [error] of receivers!) if (error) this.connections?.report(error);
        return receivers!.every(([error, number]) => !error && Number(number) > 0);
      },
      () => false, // the connection reports why
    );
    // After a busy event loop the timer fires before the answer is read.
    const unanswered$ = timer(ANSWER_LIMIT_MS).pipe(switchMap(() => nextTurn(false)));
    return firstValueFrom(race(from(answered), unanswered$));
  }
}
