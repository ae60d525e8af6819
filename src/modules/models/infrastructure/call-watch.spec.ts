import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallWatch } from './call-watch.js';

describe('the watch of a call', () => {
  let watch: CallWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    watch = new CallWatch({ connectMs: 30_000, firstTokenMs: 300_000, idleMs: 60_000 });
  });
  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  const expectEnd = (afterMs: number, code: string) => {
    vi.advanceTimersByTime(afterMs - 1);
    expect(watch.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(watch.signal.reason).toMatchObject({ code });
  };

  it('ends a call that is not sent in time', () => {
    expectEnd(30_000, 'model.connect_timeout');
  });

  it('ends a call whose first piece does not come in time after it was sent', () => {
    vi.advanceTimersByTime(29_000);
    watch.sent();
    expectEnd(300_000, 'model.first_token_timeout');
  });

  it('ends a call between whose pieces too much time passes', () => {
    watch.sent();
    vi.advanceTimersByTime(299_000);
    for (let piece = 0; piece < 3; piece++) {
      watch.heard();
      vi.advanceTimersByTime(59_000);
    }
    watch.heard();
    expectEnd(60_000, 'model.idle_timeout');
  });

  it('gives a model that thinks between its pieces as much time as before the first one', () => {
    watch.sent();
    watch.heard();
    watch.thinks();
    vi.advanceTimersByTime(299_000);
    watch.thinks(); // says nothing new
    expectEnd(1_000, 'model.idle_timeout');
  });

  it('gives it less once its next piece has come', () => {
    watch.heard();
    watch.thinks();
    watch.heard();
    expectEnd(60_000, 'model.idle_timeout');
  });

  it('gives it no more time for its first piece', () => {
    watch.sent();
    vi.advanceTimersByTime(299_000);
    watch.thinks();
    expectEnd(1_000, 'model.first_token_timeout');
  });

  it('takes a piece for a sign that the request was sent', () => {
    watch.heard();
    watch.sent();
    expectEnd(60_000, 'model.idle_timeout');
  });

  it('waits only a moment for what follows the finish reason', () => {
    watch.heard();
    watch.finished();
    vi.advanceTimersByTime(4_000);
    watch.finished();
    watch.heard();
    expectEnd(1_000, 'model.idle_timeout');
  });

  it('ends nothing after it has stopped', () => {
    watch.stop();
    vi.advanceTimersByTime(3_600_000);
    expect(watch.signal.aborted).toBe(false);
  });
});
