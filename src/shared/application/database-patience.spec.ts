import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConcurrencyError } from '../domain/domain-error.js';
import { DatabaseUnavailable, StorageFailed } from './errors.js';
import { DatabasePatience } from './database-patience.js';
import { Shutdown } from './shutdown.js';
import { Transaction, UnitOfWork } from './unit-of-work.js';

const UNREACHABLE = new DatabaseUnavailable(new Error('ECONNREFUSED'));
const REFUSED = new StorageFailed('save_run', new Error('disk full'));
const CHANGED = new ConcurrencyError('The run');

describe('what a run stores', () => {
  let giveUp: AbortController;
  let writeDeadline: AbortController;
  let triedAt: number[];
  let patience: DatabasePatience;
  /** The error of each attempt; the attempts after them succeed. */
  let troubles: Error[];

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    Logger.overrideLogger(false);
    giveUp = new AbortController();
    writeDeadline = new AbortController();
    triedAt = [];
    troubles = [];
    const uow: UnitOfWork = {
      run: async (_operation, work) => ({
        value: await work({} as Transaction),
        events: [],
        replayed: false,
      }),
      takeTurn: () => Promise.resolve(),
    };
    patience = new DatabasePatience(uow, { writeDeadline: writeDeadline.signal } as Shutdown);
  });
  afterEach(() => vi.useRealTimers());

  const attempt = async () => {
    triedAt.push(Date.now());
    const trouble = troubles.shift();
    if (trouble) throw trouble;
    return 'stored';
  };
  /** The outcome, or the error. */
  const settled = async (work: Promise<unknown>) => {
    const outcome = work.catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    return outcome;
  };
  const write = () => patience.write('save_run', giveUp.signal, attempt);

  it('is stored at the first attempt', async () => {
    expect(await settled(write())).toBe('stored');
    expect(triedAt).toEqual([0]);
  });

  it('waits for an unreachable database, twice as long each time, up to five seconds', async () => {
    troubles = Array.from({ length: 9 }, () => UNREACHABLE);
    expect(await settled(write())).toBe('stored');
    const pauses = triedAt.slice(1).map((at, index) => at - triedAt[index]!);
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it.each([
    ['refused by the database', REFUSED],
    ['changed by another writer', CHANGED],
  ])('has three attempts where it is %s', async (_why, trouble) => {
    troubles = [trouble, trouble];
    expect(await settled(write())).toBe('stored');
    expect(triedAt).toEqual([0, 100, 300]);

    troubles = [trouble, trouble, trouble];
    expect(await settled(write())).toBe(trouble);
    expect(triedAt).toHaveLength(6);
  });

  it('does not count an unreachable database as a refusal', async () => {
    troubles = [REFUSED, UNREACHABLE, UNREACHABLE, UNREACHABLE, REFUSED];
    expect(await settled(write())).toBe('stored');
  });

  it('has one attempt where the work itself is wrong', async () => {
    const wrong = new TypeError('x is undefined');
    troubles = [wrong];
    expect(await settled(write())).toBe(wrong);
    expect(triedAt).toEqual([0]);
  });

  it.each([
    ['unreachable', UNREACHABLE],
    ['full', REFUSED],
  ])('is given up when the run has to stop and the database is %s', async (_what, trouble) => {
    giveUp.abort();
    troubles = [trouble];
    expect(await settled(write())).toBe(trouble);
    expect(triedAt).toEqual([0]);
  });

  it('is given up after the pause in which the run was stopped', async () => {
    troubles = [UNREACHABLE, UNREACHABLE];
    setTimeout(() => giveUp.abort(), 50);
    expect(await settled(write())).toBe(UNREACHABLE);
    expect(triedAt).toEqual([0, 100]);
  });

  it('is read with the same patience, except that a refusal is final', async () => {
    troubles = [UNREACHABLE];
    expect(await settled(patience.read('read_run', giveUp.signal, attempt))).toBe('stored');
    troubles = [REFUSED];
    expect(await settled(patience.read('read_run', giveUp.signal, attempt))).toBe(REFUSED);
  });

  it('is given up, as an outcome, only when the process must end', async () => {
    giveUp.abort();
    troubles = [UNREACHABLE];
    expect(await settled(patience.writeOutcome('end_run', attempt))).toBe('stored');
    writeDeadline.abort();
    troubles = [UNREACHABLE];
    expect(await settled(patience.writeOutcome('end_run', attempt))).toBe(UNREACHABLE);
  });
});
