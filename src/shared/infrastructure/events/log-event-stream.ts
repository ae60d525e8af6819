import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Observable, Subscriber } from 'rxjs';
import { DatabaseUnavailable } from '../../application/errors.js';
import { EventStream, Ready, StreamItem, alwaysReady } from '../../application/event-stream.js';
import { EventHub, Notice } from './event-hub.js';
import { EventLog } from './event-log.js';

const RETRY_MS = 250;

/** Reads the log, and then follows it by the notices of the hub. */
@Injectable()
export class LogEventStream extends EventStream {
  constructor(
    private readonly log: EventLog,
    private readonly hub: EventHub,
  ) {
    super();
  }

  watch(sessionId: string, after: number, ready: Ready = alwaysReady): Observable<StreamItem> {
    return new Observable((subscriber) => {
      const reader = new LogReader(this.log, sessionId, after, ready, subscriber);
      // Heard first, read then: nothing falls in between.
      subscriber.add(this.hub.of(sessionId).subscribe((notice) => reader.hear(notice)));
      const newest = this.hub.newest(sessionId);
      if (newest[0]?.seq === after + 1) reader.hear(newest);
      else reader.begin();
    });
  }

  replay(sessionId: string, after: number, ready: Ready = alwaysReady): Observable<StreamItem> {
    return new Observable((subscriber) => {
      new LogReader(this.log, sessionId, after, ready, subscriber).begin(() => subscriber.complete());
    });
  }

  lastSeq(sessionId: string): Promise<number> {
    return this.log.lastSeq(sessionId);
  }
}

/** One reader of one session. While it reads the log, notices only tell it to look once more: they are not kept. */
class LogReader {
  private readonly logger = new Logger(EventStream.name);
  private reading = false;
  private lookAgain = false;

  constructor(
    private readonly log: EventLog,
    private readonly sessionId: string,
    private cursor: number,
    private readonly ready: Ready,
    private readonly subscriber: Subscriber<StreamItem>,
  ) {}

  begin(whenRead?: () => void): void {
    void this.readLog().then(whenRead);
  }

  hear(notice: Notice): void {
    if (this.reading) {
      this.lookAgain = true;
      return;
    }
    const fresh = notice.filter((event) => event.seq > this.cursor);
    if (notice.length > 0 && fresh.length === 0) return;
    for (const event of fresh) {
      if (event.seq !== this.cursor + 1 || this.ready()) break;
      this.emit(event, event.seq);
    }
    // Something is missing before it, or the reader cannot take it now: the log has it.
    if (this.cursor !== fresh.at(-1)?.seq) void this.readLog();
  }

  private async readLog(): Promise<void> {
    this.reading = true;
    try {
      do {
        this.lookAgain = false;
        await this.patiently(() => this.readPages());
      } while (this.lookAgain && !this.subscriber.closed);
    } catch (error) {
      this.subscriber.error(error);
    }
    this.reading = false;
  }

  private async readPages(): Promise<void> {
    while (!this.subscriber.closed) {
      const { events, isLast } = await this.log.readPage(this.sessionId, this.cursor);
      // Whoever finds something after the cursor is not ahead of the log.
      if (events.length === 0) return this.checkCursor();
      for (const event of events) {
        const drained = this.ready();
        if (drained) await drained;
        if (this.subscriber.closed) return;
        this.emit(event, event.seq);
      }
      if (isLast) return;
    }
  }

  private async checkCursor(): Promise<void> {
    const horizon = await this.log.horizon(this.sessionId);
    if (this.cursor > horizon)
      this.emit({ reset: true, reason: 'cursor_ahead', resumeAfter: horizon }, horizon);
  }

  /** A database that is away for a moment delays a reader; it does not end its stream. */
  private async patiently(read: () => Promise<void>): Promise<void> {
    while (!this.subscriber.closed) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
        this.logger.warn({ err: error, session_id: this.sessionId }, 'a reader waits for the database');
        await pause(RETRY_MS);
      }
    }
  }

  private emit(item: StreamItem, cursor: number): void {
    this.cursor = cursor;
    this.subscriber.next(item);
  }
}
