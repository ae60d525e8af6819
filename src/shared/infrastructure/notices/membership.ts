import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import {
  EMPTY,
  Observable,
  Subject,
  Subscription,
  concat,
  defer,
  exhaustMap,
  filter,
  firstValueFrom,
  interval,
  race,
  retry,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import { atMost } from '../../application/at-most.js';
import { InstanceId } from '../../application/instance-id.js';
import { Shutdown } from '../../application/shutdown.js';
import { EventHub } from '../events/event-hub.js';
import { EventLog } from '../events/event-log.js';
import { BYE, HELLO, Instances, WELCOME } from './instances.js';
import { NoticeConnection } from './notice-connection.js';
import { NoticeHandlers } from './notice-handlers.js';
import { NoticeSender } from './notice-sender.js';
import { NOTICES_CHANNEL, SESSIONS } from './notice.js';
import { Peers } from './peers.js';
import { RedisNotices } from './redis-notices.js';

/** Three renewals per lease: two in a row may fail. They show as well that the connection still works. */
export const HEARTBEAT_MS = 5_000;
const HELLO_EVERY_MS = 250;
/** The longest wait for the database at the end. */
const LEAVE_LIMIT_MS = 1_000;

/**
 * Makes this process one of those that tell each other what is new. It is ready when each of the others knows of it: none
 * of them, believing itself alone, then keeps to itself what a reader here waits for.
 */
@Injectable()
export class Membership implements OnApplicationBootstrap {
  private readonly logger = new Logger(Membership.name);
  private readonly answered = new Set<string>();
  private readonly answers$ = new Subject<string>();
  private staying: Subscription | undefined;

  constructor(
    private readonly connection: NoticeConnection,
    private readonly instances: Instances,
    private readonly peers: Peers,
    private readonly sender: NoticeSender,
    private readonly redis: RedisNotices,
    private readonly hub: EventHub,
    private readonly log: EventLog,
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
  }

  /** Resolves when the process is ready to serve and to work. */
  async onApplicationBootstrap(): Promise<void> {
    const { promise: joined, resolve } = Promise.withResolvers<void>();
    this.staying = this.connection.isOpen$
      .pipe(
        tap((isOpen) => isOpen || this.peers.lost()),
        switchMap((isOpen) => (isOpen ? this.stay(resolve) : EMPTY)),
      )
      .subscribe();
    this.redis.open();
    await this.connection.open();
    await joined;
  }

  /** Renews the entry, learns of the peers, and looks for what this process was not told. */
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
    await this.look();
  }

  /** For as long as a connection lasts. */
  private stay(joined: () => void): Observable<void> {
    const entered$ = defer(() => this.enter()).pipe(
      tap(joined),
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

  private async enter(): Promise<void> {
    // Notices were lost while the connection was.
    this.hub.wakeAll();
    this.sender.resume();
    await this.instances.hold();
    await this.join();
    // Until its answer a peer may have kept its notices to itself.
    await this.look();
  }

  /** Registers, and waits until each other instance has answered, has left, is gone, or its entry has lapsed. */
  private async join(): Promise<void> {
    this.answered.clear();
    let others: string[] = [];
    const areAnswered = () => others.every((id) => this.answered.has(id));
    do {
      const askedAt = performance.now();
      others = await this.instances.register(this.answered);
      this.peers.renewed(others, askedAt);
      if (!areAnswered()) {
        await firstValueFrom(race(this.answers$.pipe(filter(areAnswered)), timer(HELLO_EVERY_MS)));
      }
    } while (!areAnswered());
  }

  /** Finds events of which there was no notice, for example since the process that stored them was killed. */
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
    this.logger.warn({ err: error }, 'this instance is not registered yet');
    return timer(HELLO_EVERY_MS);
  }

  private async leave(): Promise<void> {
    this.staying?.unsubscribe();
    const left = this.sender.flushed().then(() => this.instances.leave());
    await atMost(
      LEAVE_LIMIT_MS,
      left.catch((error: unknown) => this.logger.debug({ err: error }, 'the entry is left to lapse')),
    );
    await this.connection.close();
  }
}
