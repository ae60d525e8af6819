import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { lastValueFrom, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseUnavailable } from '../../application/errors.js';
import { StoredEvent, StreamItem, cursorOf } from '../../application/event-stream.js';
import { EventHub } from './event-hub.js';
import { EventLog, LogPage } from './event-log.js';
import { LogEventStream, RETRY_MS } from './log-event-stream.js';

const event = (seq: number): StoredEvent => ({
  sessionId: 's',
  seq,
  runId: null,
  type: 'synopsis.updated',
  data: { version: seq },
  createdAt: new Date(0),
});

const PAGE = 3;
/** Two pages, and one that is not full. */
const ALL = [1, 2, 3, 4, 5, 6, 7];

/** A log with small pages, whose reading can be held up, to put things in between, and fail. */
class HeldLog {
  readonly stored: StoredEvent[] = [];
  reads = 0;
  held: Promise<void> = Promise.resolve();
  readonly failures: Error[] = [];

  async readPage(_sessionId: string, after: number): Promise<LogPage> {
    this.reads++;
    const page = this.stored.filter(({ seq }) => seq > after).slice(0, PAGE);
    await this.held;
    const failure = this.failures.shift();
    if (failure) throw failure;
    return { events: page, isLast: page.length < PAGE };
  }

  async horizon(): Promise<number> {
    return this.stored.at(-1)?.seq ?? 0;
  }
}

const settled = () => new Promise((done) => setImmediate(done));

function watching(after = 0) {
  const log = new HeldLog();
  const hub = new EventHub(new EventEmitter2());
  const stream = new LogEventStream(log as unknown as EventLog, hub, { now: () => new Date(0) });
  const seen: number[] = [];
  const watch = () => stream.watch('s', after).subscribe((item) => seen.push(cursorOf(item)));
  return { log, hub, stream, seen, watch };
}

describe('a reader of a session', () => {
  it('takes what was stored in this turn of the event loop from memory', async () => {
    const { log, hub, seen, watch } = watching(1);
    hub.publish([event(2), event(3)]);
    watch();
    hub.publish([event(4)]);
    expect(seen).toEqual([2, 3, 4]);
    expect(log.reads).toBe(0);
  });

  it.each<[string, (hub: EventHub) => Promise<unknown>]>([
    ['it comes later', () => settled()],
    ['another process has stored something', async (hub: EventHub) => hub.wake(['s'])],
    ['something stands between', async (hub: EventHub) => hub.publish([event(4)])],
  ])('reads the log where %s', async (_, meanwhile) => {
    const { log, hub, seen, watch } = watching(1);
    log.stored.push(event(2), event(3), event(4));
    hub.publish([event(2), event(3)]);
    await meanwhile(hub);
    watch();
    await settled();
    expect(seen).toEqual([2, 3, 4]);
    expect(log.reads).toBe(2); // a whole page, and that nothing follows
  });

  it('takes what follows from memory, without a look into the log', async () => {
    const { log, hub, seen, watch } = watching();
    watch();
    await settled();
    const reads = log.reads;
    hub.publish([event(1), event(2)]);
    hub.publish([event(3)]);
    hub.publish([event(2), event(3)]);
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    expect(log.reads).toBe(reads);
  });

  it('looks into the log where a number is missing, and takes no number twice', async () => {
    const { log, hub, seen, watch } = watching();
    watch();
    await settled();
    log.stored.push(event(1), event(2), event(3));
    hub.publish([event(3)]);
    await settled();
    hub.publish([event(1), event(2)]);
    hub.wake(['s']);
    await settled();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('looks again for what was stored while it read', async () => {
    const { log, hub, seen, watch } = watching();
    let release = () => {};
    log.held = new Promise((done) => (release = done));
    watch();
    await settled(); // it is looking, and has found nothing
    log.stored.push(event(1), event(2));
    hub.publish([event(1), event(2)]);
    release();
    await settled();
    expect(seen).toEqual([1, 2]);
  });

  it('passes over numbers that were pruned', async () => {
    const { log, hub, seen, watch } = watching(2);
    log.stored.push(event(1), event(9));
    watch();
    await settled();
    hub.publish([event(10)]);
    expect(seen).toEqual([9, 10]);
  });

  it('gets no news once it has unsubscribed', async () => {
    const { hub, seen, watch } = watching();
    const reading = watch();
    await settled();
    hub.publish([event(1)]);
    reading.unsubscribe();
    hub.publish([event(2)]);
    await settled();
    expect(seen).toEqual([1]);
  });
});

describe('a reader of the log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    Logger.overrideLogger(false);
  });
  afterEach(() => vi.useRealTimers());

  const reading = (after = 0) => {
    const { log, stream } = watching();
    log.stored.push(...ALL.map(event));
    return { log, items$: stream.replay('s', after) };
  };

  it('reads it page by page, and ends', async () => {
    const { log, items$ } = reading();
    expect((await lastValueFrom(items$.pipe(toArray()))).map(cursorOf)).toEqual(ALL);
    expect(log.reads).toBe(3);
  });

  it('reads no page before it has taken the one before', async () => {
    const { log, items$ } = reading();
    await lastValueFrom(items$.pipe(take(2), toArray()));
    await settled();
    expect(log.reads).toBe(1);
  });

  it('is told where the log ends when its cursor is ahead', async () => {
    const { items$ } = reading(9);
    expect(await lastValueFrom(items$.pipe(toArray()))).toEqual<StreamItem[]>([
      { reset: true, reason: 'cursor_ahead', resumeAfter: 7, createdAt: new Date(0) },
    ]);
  });

  it('waits for an unavailable database, and continues at its cursor', async () => {
    const { log, items$ } = reading();
    const seen: number[] = [];
    items$.subscribe((item) => {
      seen.push(cursorOf(item));
      if (cursorOf(item) === PAGE) log.failures.push(new DatabaseUnavailable('away'));
    });
    await settled();
    expect(seen).toEqual([1, 2, 3]);
    vi.advanceTimersByTime(RETRY_MS);
    await settled();
    expect(seen).toEqual(ALL);
  });

  it('stops asking an unavailable database once it has unsubscribed', async () => {
    const { log, items$ } = reading();
    log.failures.push(new DatabaseUnavailable('away'));
    const reader = items$.subscribe();
    await settled();
    reader.unsubscribe();
    vi.advanceTimersByTime(2 * RETRY_MS);
    await settled();
    expect(log.reads).toBe(1);
  });

  it('ends with a defect', async () => {
    const { log, items$ } = reading();
    log.failures.push(new Error('no such column'));
    await expect(lastValueFrom(items$)).rejects.toThrow('no such column');
  });
});
