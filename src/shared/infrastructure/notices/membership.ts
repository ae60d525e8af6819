import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Logger as ProcessLogger } from 'nestjs-pino';
import {
  EMPTY,
  NEVER,
  Observable,
  Subject,
  Subscription,
  catchError,
  concat,
  defer,
  exhaustMap,
  filter,
  firstValueFrom,
  fromEvent,
  interval,
  merge,
  race,
  repeat,
  retry,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import { atMost } from '../../application/at-most.js';
import { InstanceId } from '../../application/instance-id.js';
import { exponential } from '../../application/retry.js';
import { Shutdown } from '../../application/shutdown.js';
import { sweep } from '../../application/sweep.js';
import { EventHub } from '../events/event-hub.js';
import { EventLog } from '../events/event-log.js';
import { troubleOf } from '../persistence/database-errors.js';
import { ThrottledWarning } from '../throttled-warning.js';
import { BYE, HELLO, Instances, WELCOME } from './instances.js';
import { NoticeConnection } from './notice-connection.js';
import { NoticeHandlers } from './notice-handlers.js';
import { NoticeSender } from './notice-sender.js';
import { NOTICES_CHANNEL, SESSIONS } from './notice.js';
import { LEASE_SECONDS, Peers } from './peers.js';
import { RedisNotices } from './redis-notices.js';

/** Three renewals per lease: two in a row may fail. They show as well that the connection still works. */
export const HEARTBEAT_MS = 5_000;
const HELLO_EVERY_MS = 250;
/** Between two looks into the log while the connection for notices is away. It is often back before the second one. */
const lookPauseMs = exponential(20, 500);
/** The log names the instances that a start waits for after this time. */
const SILENCE_MS = 1_000;
/** The longest wait at the end for the database to take the last notices, and again for the connection to close. */
const LEAVE_LIMIT_MS = 1_000;

/**
 * Registers this process with the others, so that all send each other notices. It is ready when each of the others knows
 * it: a process that believes it is alone sends no notices, and a reader here would wait for them.
 */
@Injectable()
export class Membership implements OnApplicationBootstrap {
  private readonly logger = new Logger(Membership.name);
  private readonly answered = new Set<string>();
  private readonly answers$ = new Subject<string>();
  private readonly staying = new Subscription();
  private readonly notYet: ThrottledWarning;
  private readonly blind = new ThrottledWarning(this.logger);
  private hasJoined = false;

  constructor(
    private readonly connection: NoticeConnection,
    private readonly instances: Instances,
    private readonly peers: Peers,
    private readonly sender: NoticeSender,
    private readonly redis: RedisNotices,
    private readonly hub: EventHub,
    private readonly log: EventLog,
    /** Writes also during the start, while Nest's own is off. */
    private readonly processLogger: ProcessLogger,
    instance: InstanceId,
    handlers: NoticeHandlers,
    shutdown: Shutdown,
  ) {
    connection.listen(NOTICES_CHANNEL, (payload) => handlers.receive(payload));
    handlers.on(SESSIONS, (ids) => hub.wake(ids));
    handlers.on(HELLO, (_, from) => this.onHello(from));
    handlers.on(WELCOME, (ids, from) => {
      if (ids.includes(instance.value)) this.onWelcome(from);
    });
    handlers.on(BYE, (_, from) => peers.leave(from));
    shutdown.register('close_database', () => this.leave());
    this.notYet = new ThrottledWarning({
      warn: (fields: unknown, message: string) => processLogger.warn(fields, message, Membership.name),
    });
  }

  /**
   * Resolves when the process is ready to serve and to work.
   * @throws where the database refuses for good, for example for want of a right
   */
  async onApplicationBootstrap(): Promise<void> {
    const { promise: joined, resolve, reject } = Promise.withResolvers<void>();
    this.staying.add(
      this.connection.isOpen$
        .pipe(
          tap((isOpen) => isOpen || this.peers.lost()),
          switchMap((isOpen) => (isOpen ? this.stay(resolve) : this.lookOften())),
        )
        .subscribe({ error: reject }),
    );
    // Not with the heartbeat: readers go on while the connection for notices is in trouble.
    this.staying.add(
      sweep(interval(HEARTBEAT_MS), NEVER, this.logger, 'the log could not be read for missed events', () =>
        this.look(),
      ),
    );
    this.redis.open();
    await this.connection.open();
    await joined;
  }

  /** Renews the entry, and learns of the peers. */
  async beat(): Promise<void> {
    const kept = this.sender.takeKept();
    try {
      const askedAt = performance.now();
      const others = await this.instances.renew();
      if (others) this.peers.renewed(others, askedAt);
      else await this.join();
    } catch (error) {
      this.sender.send(kept);
      throw error;
    }
    // Without a peer it is dropped: one that comes later reads what is stored.
    if (!this.sender.isAlone) this.sender.send(kept);
    this.sender.resume();
  }

  /** Runs while a connection lasts. */
  private stay(joined: () => void): Observable<void> {
    const entered$ = defer(() => this.enter()).pipe(
      tap(() => {
        this.hasJoined = true;
        joined();
      }),
      retry({ delay: (error: unknown) => this.untilNextTry(error) }),
    );
    const beats$ = interval(HEARTBEAT_MS).pipe(
      exhaustMap(() =>
        this.beat().catch((error: unknown) =>
          this.logger.warn({ err: error }, 'a heartbeat failed; the next one tries again'),
        ),
      ),
    );
    return concat(entered$, beats$);
  }

  /** Runs while there is no connection: a new one takes many round trips, and no notices arrive meanwhile. */
  private lookOften(): Observable<void> {
    return defer(() => this.look()).pipe(
      catchError((error: unknown) => {
        this.blind.warn(error, 'without the connection for notices, the log cannot be read either');
        return EMPTY;
      }),
      repeat({ delay: (times) => timer(lookPauseMs(times)) }),
    );
  }

  private async enter(): Promise<void> {
    // Notices were lost while the connection was.
    this.hub.wakeAll();
    this.sender.resume();
    await this.instances.hold();
    await this.join();
  }

  /**
   * Registers, and waits until each other instance has answered, has left, is gone, or its entry has lapsed. A signal ends
   * the wait, and so does a lease: meanwhile a peer has renewed its entry, and read this one, or trusts what it knows no
   * longer.
   */
  private async join(): Promise<void> {
    this.answered.clear();
    let silent = await this.register();
    const areAnswered = () => silent.every((id) => this.answered.has(id));
    let until = performance.now() + LEASE_SECONDS * 1000;
    const signals$ = merge(fromEvent(process, 'SIGTERM'), fromEvent(process, 'SIGINT'));
    const waiting = signals$.subscribe(() => (until = 0));
    waiting.add(timer(SILENCE_MS).subscribe(() => this.nameSilent(silent)));
    try {
      while (silent.length > 0 && performance.now() < until) {
        await firstValueFrom(race(this.answers$.pipe(filter(areAnswered)), timer(HELLO_EVERY_MS)));
        if (areAnswered()) break;
        silent = await this.register();
      }
    } finally {
      waiting.unsubscribe();
    }
    // Before its answer a peer may not have sent its notices.
    await this.look();
  }

  /** @returns the instances that have not answered */
  private async register(): Promise<string[]> {
    const askedAt = performance.now();
    const others = await this.instances.register(this.answered);
    this.peers.renewed(others, askedAt);
    return others.filter((id) => !this.answered.has(id));
  }

  private nameSilent(instances: readonly string[]): void {
    this.processLogger.warn(
      `waiting up to ${LEASE_SECONDS} s for instances that do not answer: ${instances.join(', ')}`,
      Membership.name,
    );
  }

  /** Finds events without a notice, for example of a killed process. Uses the pool. */
  private async look(): Promise<void> {
    const sessionIds = this.hub.openSessions;
    if (sessionIds.length > 0) this.hub.wakeBehind(await this.log.lastSeqs(sessionIds));
  }

  private onHello(id: string): void {
    this.peers.greet(id);
    this.instances
      .welcome(id)
      .catch((error: unknown) =>
        this.logger.warn({ err: error }, 'a new instance could not be answered; it asks again'),
      );
  }

  private onWelcome(from: string): void {
    this.answered.add(from);
    this.answers$.next(from);
  }

  private untilNextTry(error: unknown): Observable<unknown> {
    if (!this.hasJoined && troubleOf(error) === undefined) throw error;
    this.notYet.warn(error, 'this instance is not registered yet');
    return timer(HELLO_EVERY_MS);
  }

  private async leave(): Promise<void> {
    this.staying.unsubscribe();
    const left = this.sender.flushed().then(() => this.instances.leave());
    await atMost(
      LEAVE_LIMIT_MS,
      left.catch((error: unknown) => this.logger.debug({ err: error }, 'the entry is left to lapse')),
    );
    // Its last statement may wait for an answer longer than that.
    await atMost(LEAVE_LIMIT_MS, this.connection.close());
  }
}
