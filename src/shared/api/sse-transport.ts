import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import {
  Observable,
  ReplaySubject,
  exhaustMap,
  firstValueFrom,
  from,
  fromEvent,
  interval,
  race,
  share,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import { Config } from '../../config/config.js';
import { Hint } from '../application/activity.js';
import { isReset } from '../application/event-stream.js';
import { Shutdown } from '../application/shutdown.js';
import { StreamMetrics } from '../application/stream-metrics.js';
import { Clock } from '../domain/clock.js';
import { jsonEscape } from '../domain/json.js';
import { Authentication } from './authentication.js';
import { EventFeed, HintFeed } from './event-feed.js';
import { EventView, toEventView } from './event-view.js';
import { PacedFeeds, PacedItem } from './paced-feeds.js';

export const EVENT_STREAM = 'text/event-stream';

const HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no', // nginx must not hold events back
};

const RETRY_MS = 1_000;
/** How long the shutdown waits for readers to receive the last bytes. */
const LAST_BYTES_MS = 1_000;
/** What Unicode counts as the end of a line and JSON leaves unescaped; some readers split lines there. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/**
 * Writes feeds to their readers as server-sent events (WHATWG HTML, 9.2), with heartbeats. Closes streams whose
 * credentials are no longer valid and, at shutdown, all of them. A reader that disconnects ends only its own stream.
 */
@Injectable()
export class SseTransport {
  private readonly logger = new Logger(SseTransport.name);
  private readonly end$ = new ReplaySubject<true>(1);
  private readonly open = new Set<Response>();

  constructor(
    private readonly feeds: PacedFeeds,
    private readonly metrics: StreamMetrics,
    private readonly clock: Clock,
    private readonly authentication: Authentication,
    shutdown: Shutdown,
    config: Config,
  ) {
    const beat$ = interval(config.sseHeartbeatSeconds * 1000).pipe(takeUntil(this.end$), share());
    beat$.subscribe(() => this.beat());
    beat$.pipe(exhaustMap(() => this.endUnauthenticated())).subscribe();
    shutdown.register('end_streams', () => this.endAll());
  }

  /** Starts the response, and writes to it until the feed, the reader or the process ends. */
  send(response: Response, feed: EventFeed | HintFeed): void {
    if ('hints' in feed) {
      const hints$ = this.feeds.pace(() => feed.hints(), response);
      this.start(response, '', hints$.pipe(tap(({ item }) => this.hint(response, item))));
      return;
    }
    // With a cursor, so that even a stream without events can be resumed.
    const items$ = this.feeds.read(feed, response);
    const sent$ = items$.pipe(tap((paced) => this.deliver(response, feed.sessionId, paced)));
    this.start(response, `id: ${feed.after}\n`, sent$, feed.sessionId);
  }

  /** @param sent$ writes what it emits */
  private start(response: Response, cursor: string, sent$: Observable<unknown>, sessionId?: string): void {
    if (response.destroyed) return; // the client has disconnected
    response.writeHead(200, HEADERS);
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(`: open\n${cursor}retry: ${RETRY_MS}\n\n`);
    this.metrics.connected();
    this.open.add(response);
    response.once('close', () => {
      this.open.delete(response);
      this.metrics.disconnected();
    });
    // Not written in `subscribe`: an error there would end the process.
    sent$.pipe(takeUntil(race(fromEvent(response, 'close'), this.end$))).subscribe({
      complete: () => response.end(),
      error: (error: unknown) => {
        // The client reconnects and resumes.
        this.logger.error({ err: error, session_id: sessionId }, 'an event stream broke');
        response.end();
      },
    });
  }

  private hint(response: Response, hint: Hint): void {
    const view =
      hint.type === 'refetch' ? hint : { type: hint.type, session_id: hint.sessionId, what: hint.what };
    this.write(response, `event: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`);
    this.metrics.sent(view.type);
  }

  private deliver(response: Response, sessionId: string, { item, enteredAt }: PacedItem): void {
    const view = toEventView(sessionId, item);
    this.write(response, `id: ${view.id}\nevent: ${view.type}\ndata: ${inOneLine(view)}\n\n`);
    this.metrics.sent(view.type);
    if (isReset(item) || item.createdAt < enteredAt) return;
    // The clocks of two processes differ by milliseconds.
    this.metrics.delivered(Math.max(0, this.clock.now().getTime() - item.createdAt.getTime()) / 1000);
  }

  private write(response: Response, frame: string): void {
    if (!response.writableEnded && !response.destroyed) response.write(frame);
  }

  private beat(): void {
    for (const response of this.open) this.write(response, ': heartbeat\n\n');
  }

  /** Closes streams whose credentials are no longer valid. Heartbeats go on while they are checked. */
  private async endUnauthenticated(): Promise<void> {
    const byCredentials = Map.groupBy(this.open, (response) => response.req.headers.authorization);
    const checked = await Promise.allSettled(
      [...byCredentials.values()].map(async (responses) => {
        if (await this.authentication.stillHolds(responses[0]!.req)) return;
        for (const response of responses) response.end();
      }),
    );
    const failed = checked.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    if (failed.length === 0) return;
    // The next heartbeat checks them again.
    const err: unknown = failed[0]!.reason;
    this.logger.warn(
      { err, credentials: failed.length },
      'the credentials of open streams could not be checked',
    );
  }

  /** Shutdown: readers have received the events of their ended runs, and their connections are closed cleanly. */
  private async endAll(): Promise<void> {
    const closed = [...this.open].map((response) => firstValueFrom(fromEvent(response, 'close')));
    this.end$.next(true);
    // A reader that is too slow for the rest resumes on another instance.
    await firstValueFrom(race(from(Promise.all(closed)), timer(LAST_BYTES_MS)));
  }
}

const inOneLine = (view: EventView): string => JSON.stringify(view).replaceAll(LINE_ENDS, jsonEscape);
