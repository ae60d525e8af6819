import { PassThrough } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { Response } from 'express';
import { Observable, Subject, concat, of, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../config/read-config.js';
import { StoredEvent, StreamItem } from '../application/event-stream.js';
import { Shutdown } from '../application/shutdown.js';
import { StreamMetrics } from '../application/stream-metrics.js';
import { Authentication } from './authentication.js';
import { PacedFeeds } from './paced-feeds.js';
import { SseTransport } from './sse-transport.js';

class Deliveries extends StreamMetrics {
  open = 0;
  readonly types: string[] = [];
  readonly seconds: number[] = [];
  connected(): void {
    this.open++;
  }
  disconnected(): void {
    this.open--;
  }
  sent(type: string): void {
    this.types.push(type);
  }
  delivered(seconds: number): void {
    this.seconds.push(seconds);
  }
}

const eventOf = (seq: number, seconds = 0, text = ''): StoredEvent => ({
  sessionId: 's',
  seq,
  runId: null,
  type: 'message.delta',
  data: { message_id: 'm', offset: 0, text },
  createdAt: new Date(seconds * 1000),
});

const HEAD = ': open\nid: 7\nretry: 1000\n\n';
const frameOf = (seq: number, text = '') =>
  `id: ${seq}\nevent: message.delta\ndata: {"id":"${seq}","type":"message.delta","session_id":"s","run_id":null,` +
  `"created_at":"1970-01-01T00:00:00.000Z","data":{"message_id":"m","offset":0,"text":"${text}"}}\n\n`;

/** A stream to a reader that takes nothing by itself, at times that the test sets. */
function streaming({
  items$,
  method = 'GET',
  authenticate = async () => 'local',
}: {
  items$?: Observable<StreamItem>;
  method?: string;
  authenticate?: () => Promise<string>;
} = {}) {
  const config = readConfig({});
  const metrics = new Deliveries();
  const time = { seconds: 0 };
  const clock = { now: () => new Date(time.seconds * 1000) };
  const shutdown = new Shutdown(config);
  const transport = new SseTransport(
    new PacedFeeds(clock),
    metrics,
    clock,
    new Authentication({ authenticate }),
    shutdown,
    config,
  );
  const response = Object.assign(new PassThrough({ encoding: 'utf8' }), {
    req: { method, headers: {} },
    writeHead: vi.fn<(status: number, headers: object) => void>(),
  });
  const live$ = new Subject<StreamItem>();
  /** The cursors at which the feed was entered. */
  const entered: number[] = [];
  const open = (cursor: number) => {
    entered.push(cursor);
    return items$ ?? live$;
  };
  transport.send(response as unknown as Response, { sessionId: 's', after: 7, open });
  const emit = (seq: number, seconds?: number, text?: string) => live$.next(eventOf(seq, seconds, text));
  return { metrics, time, shutdown, response, live$, entered, emit };
}

beforeEach(() => Logger.overrideLogger(false));

describe('an answer of events', () => {
  it('begins with a cursor, and then has a frame for each event', () => {
    const { response, metrics, emit } = streaming();
    expect(response.writeHead.mock.calls).toMatchObject([
      [
        200,
        { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store, no-transform' },
      ],
    ]);
    emit(8);
    emit(9, 0, 'two\nlines');
    expect(response.read()).toBe(HEAD + frameOf(8) + frameOf(9, 'two\\nlines'));
    expect(metrics).toMatchObject({ open: 1, types: ['message.delta', 'message.delta'] });
    response.destroy();
  });

  it.each([
    ['U+0085', '\u0085', '\\u0085'],
    ['U+2028', '\u2028', '\\u2028'],
    ['U+2029', '\u2029', '\\u2029'],
  ])('escapes %s, at which some readers end a line', (_name, separator, escaped) => {
    const { response, emit } = streaming();
    emit(8, 0, `a${separator}b${separator}c`);
    expect(response.read()).toBe(HEAD + frameOf(8, `a${escaped}b${escaped}c`));
    response.destroy();
  });

  it('ends with its feed', () => {
    const { response } = streaming({ items$: of(eventOf(8)) });
    expect(response.writableEnded).toBe(true);
    expect(response.read()).toBe(HEAD + frameOf(8));
  });

  it('ends, without a reason, when its feed fails', () => {
    const items$ = concat(
      of(eventOf(8)),
      throwError(() => new Error('column x does not exist')),
    );
    const { response } = streaming({ items$ });
    expect(response.writableEnded).toBe(true);
    expect(response.read()).toBe(HEAD + frameOf(8));
  });

  it('ends alone, with a log line, when an event cannot be written', () => {
    using error = vi.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const items$ = new Subject<StreamItem>();
    const [one, other] = [streaming({ items$ }), streaming({ items$ })];
    one.metrics.sent = () => {
      throw new TypeError('view.type is not a string');
    };
    items$.next(eventOf(8));
    items$.next(eventOf(9));
    expect(one.response.writableEnded).toBe(true);
    expect(error.mock.calls).toEqual([
      [{ err: expect.any(TypeError), session_id: 's' }, 'an event stream broke'],
    ]);
    expect(other.response.writableEnded).toBe(false);
    expect(other.response.read()).toBe(HEAD + frameOf(8) + frameOf(9));
    other.response.destroy();
  });

  it('has no body where only its head was asked for', () => {
    const { response, entered, metrics } = streaming({ method: 'HEAD' });
    expect(response.writeHead).toHaveBeenCalledTimes(1);
    expect(response.writableEnded).toBe(true);
    expect(response.read()).toBe(null);
    expect([entered, metrics.open]).toEqual([[], 0]);
  });

  it('leaves its feed when its reader leaves', async () => {
    const { response, live$, metrics } = streaming();
    expect([live$.observed, metrics.open]).toEqual([true, 1]);
    response.destroy();
    await vi.waitFor(() => expect([live$.observed, metrics.open]).toEqual([false, 0]));
  });

  it('ends with the process, which waits until its reader has the rest', async () => {
    const { response, shutdown, live$, emit } = streaming();
    emit(8);
    const ended = shutdown.beforeApplicationShutdown();
    await vi.waitFor(() => expect(response.writableEnded).toBe(true));
    expect(live$.observed).toBe(false);
    expect(response.destroyed).toBe(false);
    response.resume();
    await ended;
    expect(response.destroyed).toBe(true);
  });
});

describe('the time an event takes to its reader', () => {
  it('counts for events stored while the reader waits, and not for earlier ones', () => {
    const { metrics, time, emit, response } = streaming();
    time.seconds = 10;
    emit(8, -60);
    emit(9, 9.5);
    expect(metrics.seconds).toEqual([0.5]);
    response.destroy();
  });

  it('does not count while the reader takes nothing, and counts again when it does', async () => {
    const { metrics, time, entered, emit, response } = streaming();
    emit(8, 0, 'x'.repeat(2 * 1024 * 1024));
    emit(9, 10);
    expect(metrics.seconds).toEqual([0]);
    time.seconds = 60;
    response.resume();
    await vi.waitFor(() => expect(entered).toEqual([7, 8]));
    emit(9, 10);
    expect(metrics.seconds).toEqual([0]);
    time.seconds = 61;
    emit(10, 60.75);
    expect(metrics.seconds).toEqual([0, 0.25]);
    response.destroy();
  });

  it('is nothing where another clock is ahead', () => {
    const { metrics, emit, response } = streaming();
    emit(8, 5);
    expect(metrics.seconds).toEqual([0]);
    response.destroy();
  });
});

describe('the heartbeats of a stream', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('go on while the credentials of its reader cannot be checked', () => {
    const authenticate = vi.fn(() => new Promise<string>(() => undefined));
    const { response } = streaming({ authenticate });
    const written = vi.spyOn(response, 'write');
    vi.advanceTimersByTime(45_000);
    expect(written.mock.calls).toEqual(Array.from({ length: 3 }, () => [': heartbeat\n\n']));
    expect(authenticate).toHaveBeenCalledTimes(1);
    response.destroy();
  });

  it('end it when its credentials are no longer valid', async () => {
    const { response } = streaming({ authenticate: async () => 'another user' });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(response.writableEnded).toBe(true);
  });
});
