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
  take,
  takeUntil,
  timer,
} from 'rxjs';
import { Config } from '../../config/config.js';
import { Ready, StoredEvent, StreamItem, StreamReset, isReset } from '../application/event-stream.js';
import { Shutdown } from '../application/shutdown.js';
import { StreamMetrics } from '../application/stream-metrics.js';
import { Clock } from '../domain/clock.js';
import { Authentication } from './authentication.js';

const RETRY_MS = 1_000;
/** A reader behind by more than this gets no more from memory: it reads the log, at its own pace. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/**
 * A reader that is so far behind is dropped when it is slower than this; it can resume where it was. The time it gets
 * goes by what it has to take, so that a slow line does not meet the same large event again and again.
 */
const LEAST_BYTES_PER_MS = 32;
const GRACE_MS = 5_000;
/** How long the end of the process waits for its readers to take the last bytes. */
const LAST_BYTES_MS = 1_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no', // nginx must not hold events back
};

/**
 * Answers with a session's events as server-sent events (WHATWG HTML, 9.2). A reader that leaves ends its own reading
 * and nothing else.
 *
 * Written here and not left to the framework's `@Sse`, which takes a stream that cannot be slowed down: it would drop
 * a reader in the middle of a long replay, however fast that reader reads.
 */
@Injectable()
export class SseResponder {
  private readonly logger = new Logger(SseResponder.name);
  private readonly end$ = new ReplaySubject<true>(1);
  private readonly open = new Set<Response>();

  constructor(
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

  /**
   * @param cursor where the reader begins; it is told at once, so that even a stream without events can be resumed
   * @param open opens the stream of items; it asks `ready` before each event
   */
  send(
    response: Response,
    sessionId: string,
    cursor: number,
    open: (ready: Ready) => Observable<StreamItem>,
  ): void {
    if (response.destroyed) return; // left before it began
    response.writeHead(200, HEADERS);
    if (response.req.method === 'HEAD') {
      response.end();
      return;
    }
    response.write(`: open\nid: ${cursor}\nretry: ${RETRY_MS}\n\n`);
    this.metrics.connected();
    this.open.add(response);
    const left$ = fromEvent(response, 'close');
    response.once('close', () => {
      this.open.delete(response);
      this.metrics.disconnected();
    });
    // What is older has waited for the reader, and not for us.
    let waitingSince = this.clock.now();
    const ready = () => {
      const drained = this.drained(response);
      void drained?.then(() => (waitingSince = this.clock.now()));
      return drained;
    };
    open(ready)
      .pipe(takeUntil(race(left$, this.end$)))
      .subscribe({
        next: (item) => {
          this.write(response, this.frame(sessionId, item));
          if (!isReset(item) && item.createdAt >= waitingSince) this.measureDelivery(item);
        },
        complete: () => response.end(),
        error: (error: unknown) => {
          // The reader comes back by itself and resumes.
          this.logger.error({ err: error, session_id: sessionId }, 'an event stream broke');
          response.end();
        },
      });
  }

  /** The process ends: readers have seen how its runs ended, and get a clean end themselves. */
  private async endAll(): Promise<void> {
    const closed = [...this.open].map((response) => firstValueFrom(fromEvent(response, 'close')));
    this.end$.next(true);
    // Who does not take the rest in time resumes elsewhere.
    await firstValueFrom(race(from(Promise.all(closed)), timer(LAST_BYTES_MS)));
  }

  private beat(): void {
    for (const response of this.open) this.write(response, ': heartbeat\n\n');
  }

  /** Ends the streams whose credentials do not hold any more. However long that takes, heartbeats go on. */
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
    // They are asked about again with the next heartbeat.
    const err: unknown = failed[0]!.reason;
    this.logger.warn(
      { err, credentials: failed.length },
      'the credentials of open streams could not be checked',
    );
  }

  /** Stored by another process, it has the time of that one's clock. */
  private measureDelivery({ createdAt }: StoredEvent): void {
    this.metrics.delivered(Math.max(0, this.clock.now().getTime() - createdAt.getTime()) / 1000);
  }

  private write(response: Response, frame: string): void {
    if (!response.writableEnded && !response.destroyed) response.write(frame);
  }

  private drained(response: Response): Promise<void> | undefined {
    if (response.writableLength <= MAX_UNSENT_BYTES) return undefined;
    const moved$ = race(fromEvent(response, 'drain'), fromEvent(response, 'close')).pipe(take(1), share());
    timer(GRACE_MS + response.writableLength / LEAST_BYTES_PER_MS)
      .pipe(takeUntil(moved$))
      .subscribe(() => this.drop(response));
    return firstValueFrom(moved$).then(() => undefined);
  }

  private drop(response: Response): void {
    this.logger.warn({ unsent_bytes: response.writableLength }, 'a reader that does not read is dropped');
    response.destroy();
  }

  private frame(sessionId: string, item: StreamItem): string {
    const view = isReset(item) ? this.resetView(sessionId, item) : toEventView(item);
    this.metrics.sent(view.type);
    // JSON has no raw line breaks, so the data is one line whatever it holds.
    return `id: ${view.id}\nevent: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`;
  }

  private resetView(sessionId: string, reset: StreamReset): EventView {
    return {
      id: String(reset.resumeAfter),
      type: 'stream.reset',
      session_id: sessionId,
      run_id: null,
      created_at: this.clock.now().toISOString(),
      data: { reason: reset.reason, resume_after: String(reset.resumeAfter) },
    };
  }
}

/** An event as clients see it: the `data` of a server-sent event. */
interface EventView {
  id: string;
  type: string;
  session_id: string;
  run_id: string | null;
  created_at: string;
  data: object;
}

const toEventView = (event: StoredEvent): EventView => ({
  id: String(event.seq),
  type: event.type,
  session_id: event.sessionId,
  run_id: event.runId,
  created_at: event.createdAt.toISOString(),
  data: event.data,
});
