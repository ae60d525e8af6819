import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { forEachItem, sweep } from './sweep.js';

/** What it logs, and the logger. */
function listening() {
  const [warn, error] = [vi.fn(), vi.fn()];
  return { warn, error, logger: { warn, error } as unknown as Logger };
}
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function started(work: () => Promise<unknown>) {
  const [tick$, end$] = [new Subject<void>(), new Subject<void>()];
  const { logger, warn } = listening();
  sweep(tick$, end$, logger, 'it failed', work);
  return { tick: () => tick$.next(), end: () => end$.next(), warn };
}

describe('A sweep', () => {
  it('never overlaps with itself', async () => {
    const running = Promise.withResolvers<void>();
    const work = vi.fn(() => running.promise);
    const { tick } = started(work);
    tick();
    tick();
    expect(work).toHaveBeenCalledTimes(1);
    running.resolve();
    await nextTurn();
    tick();
    expect(work).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('away'))],
    [
      'throws at once',
      () => {
        throw new Error('away');
      },
    ],
  ])('logs work that %s, and goes on', async (_how, fail) => {
    const work = vi.fn(fail);
    const { tick, warn } = started(work);
    tick();
    await nextTurn();
    tick();
    expect(work).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledWith(
      { err: expect.objectContaining({ message: 'away' }) },
      'it failed; the next sweep tries again',
    );
  });

  it('ends with its end', () => {
    const work = vi.fn(async () => undefined);
    const { tick, end } = started(work);
    end();
    tick();
    expect(work).not.toHaveBeenCalled();
  });
});

describe('Work for each item', () => {
  it('goes on after an item that fails, and says which one it was', async () => {
    const { logger, error } = listening();
    const done: string[] = [];
    await forEachItem(['a', 'b', 'c'], logger, 'an item failed', async (item) => {
      if (item === 'b') throw new Error('odd');
      done.push(item);
    });
    expect(done).toEqual(['a', 'c']);
    expect(error).toHaveBeenCalledWith(
      { err: expect.objectContaining({ message: 'odd' }), id: 'b' },
      'an item failed',
    );
  });
});
