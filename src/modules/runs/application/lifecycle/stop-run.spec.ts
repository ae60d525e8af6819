import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { NOW, queuedRun, runningRun } from '../../../../../test/support/active-run.js';
import { RunWriter } from './run-writer.js';
import { StopRun } from './stop-run.js';

const waiting = () => {
  const run = runningRun();
  run.wait([]);
  return run;
};
const finished = () => {
  const run = runningRun();
  run.complete(NOW);
  return run;
};

describe('a request to cancel a run', () => {
  const saved = vi.fn<RunWriter['save']>();
  const tx = {} as Transaction;
  const stop = new StopRun({ save: saved } as unknown as RunWriter, { now: () => NOW });

  beforeEach(() => vi.clearAllMocks());

  it.each([
    ['queued', queuedRun],
    ['waiting', waiting],
  ])('ends a run that is %s', async (_status, make) => {
    const run = make();
    await stop.stop(tx, run);
    expect(run.snapshot()).toMatchObject({ status: 'cancelled', finishedAt: NOW });
    expect(saved).toHaveBeenCalledExactlyOnceWith(tx, run);
  });

  it('is recorded on a running run, once', async () => {
    const run = runningRun();
    await stop.stop(tx, run);
    await stop.stop(tx, run);
    expect(run.snapshot()).toMatchObject({ status: 'running', cancelRequestedAt: NOW });
    expect(saved).toHaveBeenCalledExactlyOnceWith(tx, run);
  });

  it('changes nothing in a run that has ended', async () => {
    const run = finished();
    const before = run.snapshot();
    await stop.stop(tx, run);
    expect(run.snapshot()).toEqual(before);
    expect(saved).not.toHaveBeenCalled();
  });
});
