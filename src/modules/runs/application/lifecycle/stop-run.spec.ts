import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Run } from '../../domain/run.js';
import { RunWriter } from './run-writer.js';
import { StopRun } from './stop-run.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const NEW = { traceparent: '', id: 'r', sessionId: 's', userId: 'u', agent: 'coder', now: NOW } as const;

const queued = () => Run.create({ ...NEW, trigger: 'user_message', input: { content: 'Hi', agent: null } });
const running = () => {
  const run = queued();
  run.activate({ ...NEW, entry: 'receive_directed_message', lease: { owner: 'p', token: 't' } });
  return run;
};
const waiting = () => {
  const run = running();
  run.wait([]);
  return run;
};
const finished = () => {
  const run = running();
  run.complete(NOW);
  return run;
};

describe('a request to cancel a run', () => {
  const saved = vi.fn<RunWriter['save']>();
  const tx = {} as Transaction;
  const stop = new StopRun({ save: saved } as unknown as RunWriter, { now: () => NOW });

  beforeEach(() => vi.clearAllMocks());

  it.each([
    ['queued', queued],
    ['waiting', waiting],
  ])('ends a run that is %s', async (_status, make) => {
    const run = make();
    await stop.stop(tx, run);
    expect(run.snapshot()).toMatchObject({ status: 'cancelled', finishedAt: NOW });
    expect(saved).toHaveBeenCalledExactlyOnceWith(tx, run);
  });

  it('is recorded on a running run, once', async () => {
    const run = running();
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
