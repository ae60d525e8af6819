import { Injectable, MessageEvent } from '@nestjs/common';
import {
  Observable,
  concat,
  defer,
  endWith,
  finalize,
  interval,
  map,
  merge,
  of,
  share,
  takeUntil,
  takeWhile,
} from 'rxjs';
import { Config } from '../../config/config.js';
import { StoredEvent, StreamItem, StreamReset, isReset } from '../application/event-stream.js';
import { Shutdown } from '../application/shutdown.js';
import { StreamMetrics } from '../application/stream-metrics.js';
import { Clock } from '../domain/clock.js';

const RETRY_MS = 1_000;
const END = null;

/** An event as clients see it: the `data` of a server-sent event. */
export interface EventView {
  id: string;
  type: string;
  session_id: string;
  run_id: string | null;
  created_at: string;
  data: object;
}

/** Makes server-sent events of a session's events. A reader that leaves ends its own reading and nothing else. */
@Injectable()
export class SseFrames {
  /** One timer for all readers. */
  private readonly heartbeat$: Observable<MessageEvent>;

  constructor(
    private readonly metrics: StreamMetrics,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
    config: Config,
  ) {
    this.heartbeat$ = interval(config.sseHeartbeatSeconds * 1000).pipe(
      map(() => ({ comment: 'heartbeat' }) as MessageEvent),
      share(),
    );
  }

  /** @param cursor where the reader begins; it is told at once, so that even a stream without events can be resumed */
  of(sessionId: string, cursor: number, items$: Observable<StreamItem>): Observable<MessageEvent> {
    return defer(() => {
      this.metrics.connected();
      // `retry` alone would be given an id by the framework.
      const opening$ = of<MessageEvent>({ id: String(cursor), retry: RETRY_MS, comment: 'open' });
      const events$ = items$.pipe(
        map((item) => this.frame(sessionId, item)),
        endWith(END),
      );
      return concat(opening$, merge(events$, this.heartbeat$)).pipe(
        takeWhile((frame): frame is MessageEvent => frame !== END),
        takeUntil(this.shutdown.begun$),
        finalize(() => this.metrics.disconnected()),
      );
    });
  }

  private frame(sessionId: string, item: StreamItem): MessageEvent {
    const view = isReset(item) ? this.resetView(sessionId, item) : toEventView(item);
    this.metrics.sent(view.type);
    return { id: view.id, type: view.type, data: view };
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

const toEventView = (event: StoredEvent): EventView => ({
  id: String(event.seq),
  type: event.type,
  session_id: event.sessionId,
  run_id: event.runId,
  created_at: event.createdAt.toISOString(),
  data: event.data,
});
