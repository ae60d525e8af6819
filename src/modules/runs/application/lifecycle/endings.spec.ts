import { Logger } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { DatabaseUnavailable, StorageFailed } from '../../../../shared/application/errors.js';
import { ModelError } from '../../../models/index.js';
import { SessionNotFound } from '../../../sessions/index.js';
import { LeaseLost } from '../../../../shared/domain/lease.js';
import { NOW, runningRun } from '../../../../../test/support/active-run.js';
import {
  CANCELLED,
  HANDED_OVER,
  LEASE_LOST,
  STOPPING,
  TIMED_OUT,
  endStopped,
  errorOf,
  isDetached,
  toRunError,
} from './endings.js';

const aborted = (reason?: Error) => AbortSignal.abort(reason);

describe('a run that has to stop', () => {
  it.each([
    ['cancelled', null, CANCELLED],
    ['failed', 'job.timed_out', TIMED_OUT],
    ['interrupted', 'run.interrupted', STOPPING],
    ['interrupted', 'run.interrupted', new Error('anything else')],
  ])('ends as %s with the code %s for the reason: %s', (status, code, reason) => {
    const run = runningRun();
    endStopped(run, reason, NOW);
    const state = run.snapshot();
    expect([state.status, state.error?.code ?? null, state.finishedAt]).toEqual([status, code, NOW]);
  });

  it.each([CANCELLED, TIMED_OUT, STOPPING])(
    'ends as cancelled where a cancellation was requested before: %s',
    (reason) => {
      const run = runningRun();
      run.requestCancel(NOW);
      endStopped(run, reason, NOW);
      expect(run.snapshot()).toMatchObject({ status: 'cancelled', error: null });
    },
  );
});

describe('a run is left to other processes', () => {
  it.each([
    ['a renewal finds its lease lost', true, new Error('x'), aborted(LEASE_LOST)],
    ['a write finds its lease lost', true, new LeaseLost('r'), new AbortController().signal],
    ['it is handed over', true, new Error('x'), aborted(HANDED_OVER)],
    ['it is cancelled', false, new Error('x'), aborted(CANCELLED)],
    ['the process ends', false, new Error('x'), aborted(STOPPING)],
    ['a step fails', false, new Error('x'), new AbortController().signal],
  ])('when %s: %s', (_when, left, error, signal) => {
    expect(isDetached(error, signal)).toBe(left);
  });
});

describe('a run whose step throws', () => {
  it.each([
    ['refused storage', new StorageFailed('save', new Error('disk full')), 'run.persistence_failed', 1],
    ['an unreachable database', new DatabaseUnavailable(new Error('gone')), 'run.internal_error', 1],
    ['a defect', new TypeError('x is undefined'), 'run.internal_error', 1],
    ['a deleted session', new SessionNotFound('s'), 'session.not_found', 0],
  ])('fails without telling clients the cause: %s', (_by, error, code, logged) => {
    const logger = { error: vi.fn() };
    const told = errorOf(error, logger as unknown as Logger, 'r');
    expect(told.code).toBe(code);
    expect(told.message).not.toMatch(/disk full|gone|undefined/);
    expect(logger.error).toHaveBeenCalledTimes(logged);
  });
});

describe('a run whose model fails', () => {
  it('says when the provider may be asked again, and what the provider calls it', () => {
    const facts = { retryAfterMs: 90_000, providerCode: 'rate_limit_exceeded', status: 429 };
    expect(toRunError(new ModelError('model.rate_limited', 'Overloaded', facts), NOW)).toEqual({
      code: 'model.rate_limited',
      message: 'Overloaded',
      retryAt: '2026-11-20T10:01:30.000Z',
      providerCode: 'rate_limit_exceeded',
    });
  });

  it('says neither where the provider does not', () => {
    expect(toRunError(new ModelError('model.stream_cut', 'Broke off'), NOW)).toEqual({
      code: 'model.stream_cut',
      message: 'Broke off',
    });
  });
});
