import { PassThrough } from 'node:stream';
import type { Response } from 'express';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../config/read-config.js';
import { Ready, StoredEvent, StreamItem } from '../application/event-stream.js';
import { Shutdown } from '../application/shutdown.js';
import { StreamMetrics } from '../application/stream-metrics.js';
import { Authentication } from './authentication.js';
import { SseResponder } from './sse-responder.js';

class Deliveries extends StreamMetrics {
  readonly seconds: number[] = [];
  connected(): void {}
  disconnected(): void {}
  sent(): void {}
  delivered(seconds: number): void {
    this.seconds.push(seconds);
  }
}

/** A stream to a reader that takes nothing by itself, at times that the test sets. */
function streaming(authenticate = async () => 'local') {
  const config = readConfig({});
  const metrics = new Deliveries();
  const time = { seconds: 0 };
  const clock = { now: () => new Date(time.seconds * 1000) };
  const response = Object.assign(new PassThrough(), {
    req: { method: 'GET', headers: {} },
    writeHead: () => undefined,
  });
  const items$ = new Subject<StreamItem>();
  let ready: Ready | undefined;
  const authentication = new Authentication({ authenticate });
  new SseResponder(metrics, clock, authentication, new Shutdown(config), config).send(
    response as unknown as Response,
    's',
    0,
    (asked) => {
      ready = asked;
      return items$;
    },
  );
  const emit = (createdAt: number, text = '') => {
    const event: StoredEvent = {
      sessionId: 's',
      seq: 1,
      runId: null,
      type: 'message.discarded',
      data: { message_id: 'm', reason: text },
      createdAt: new Date(createdAt * 1000),
    };
    items$.next(event);
  };
  return { metrics, time, response, emit, ready: () => ready!() };
}

describe('the time an event takes to its reader', () => {
  it('counts for what is stored while the reader waits, and not for what it reads of the past', () => {
    const { metrics, time, emit, response } = streaming();
    time.seconds = 10;
    emit(-60);
    emit(9.5);
    expect(metrics.seconds).toEqual([0.5]);
    response.destroy();
  });

  it('does not count while the reader takes nothing, and counts again when it does', async () => {
    const { metrics, time, emit, response, ready } = streaming();
    emit(0, 'x'.repeat(2 * 1024 * 1024));
    expect(metrics.seconds).toEqual([0]);
    const drained = ready();
    time.seconds = 60;
    response.resume();
    await drained;
    emit(10);
    expect(metrics.seconds).toEqual([0]);
    time.seconds = 61;
    emit(60.75);
    expect(metrics.seconds).toEqual([0, 0.25]);
    response.destroy();
  });

  it('is nothing where another clock is ahead', () => {
    const { metrics, emit, response } = streaming();
    emit(5);
    expect(metrics.seconds).toEqual([0]);
    response.destroy();
  });
});

describe('the heartbeats of a stream', () => {
  afterEach(() => vi.useRealTimers());

  it('go on while nobody can say whether the credentials of its reader still hold', () => {
    vi.useFakeTimers();
    const asked = vi.fn(() => new Promise<string>(() => undefined));
    const { response } = streaming(asked);
    const written = vi.spyOn(response, 'write');
    vi.advanceTimersByTime(45_000);
    expect(written.mock.calls).toEqual(Array.from({ length: 3 }, () => [': heartbeat\n\n']));
    expect(asked).toHaveBeenCalledTimes(1);
    response.destroy();
  });
});
