import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Config } from '../../config/config.js';
import { Shutdown, ShutdownStage } from './shutdown.js';

const DRAIN_SECONDS = 20;
const LAST_WRITE_SECONDS = 10;

describe('the shutdown of a process', () => {
  let shutdown: Shutdown;
  let told: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
    shutdown = new Shutdown({ shutdownDrainTimeoutSeconds: DRAIN_SECONDS } as Config);
    told = [];
  });
  afterEach(() => vi.useRealTimers());

  /** A step that notes its begin and, after the seconds given, its end. */
  const step = (stage: ShutdownStage, name: string, seconds = 0) =>
    shutdown.register(stage, async () => {
      told.push(`${name}…`);
      if (seconds > 0) await new Promise((done) => setTimeout(done, seconds * 1000));
      told.push(name);
    });

  /** Calls both hooks as Nest does, which closes the HTTP server in between. */
  const end = async () => {
    await shutdown.beforeApplicationShutdown();
    told.push('HTTP is closed');
    await shutdown.onApplicationShutdown();
  };

  it('goes through the stages in their order, not in the order of registration', async () => {
    const stages = [
      'flush_spans',
      'stop_database',
      'close_database',
      'settle_runs',
      'answer_requests',
      'end_streams',
      'flush_events',
      'drain',
    ] as const;
    for (const stage of stages) shutdown.register(stage, () => void told.push(stage));
    await end();
    expect(told).toEqual([
      'drain',
      'flush_events',
      'end_streams',
      'answer_requests',
      'HTTP is closed',
      'settle_runs',
      'close_database',
      'stop_database',
      'flush_spans',
    ]);
    expect(shutdown.isComplete).toBe(true);
  });

  it('begins the steps of a stage together, and the next stage when all of them have ended', async () => {
    step('drain', 'runs', 2);
    step('drain', 'jobs', 1);
    step('flush_events', 'deltas');
    const ended = end();
    await vi.advanceTimersByTimeAsync(2_000);
    await ended;
    expect(told).toEqual(['runs…', 'jobs…', 'jobs', 'runs', 'deltas…', 'deltas', 'HTTP is closed']);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('broken'))],
  ] as [string, () => Promise<void>][])(
    'goes on after a step that %s, and is not orderly',
    async (_how, broken) => {
      shutdown.register('drain', broken);
      step('drain', 'beside');
      step('close_database', 'pool');
      await end();
      expect(told).toEqual(['beside…', 'beside', 'HTTP is closed', 'pool…', 'pool']);
      expect(shutdown.isComplete).toBe(false);
    },
  );

  it('is incomplete once a step reports it; before the shutdown a report has no effect', async () => {
    shutdown.markIncomplete();
    await shutdown.beforeApplicationShutdown();
    expect(shutdown.isComplete).toBe(true);
    shutdown.markIncomplete();
    expect(shutdown.isComplete).toBe(false);
  });

  it('is announced once, before the first step, and to late subscribers at once', async () => {
    shutdown.begun$.subscribe({ next: () => told.push('begun'), complete: () => told.push('no more') });
    shutdown.register('drain', () => void told.push(`drain, draining: ${shutdown.draining}`));
    expect([shutdown.draining, told]).toEqual([false, []]);
    await shutdown.beforeApplicationShutdown();
    shutdown.begun$.subscribe(() => told.push('begun long ago'));
    expect(told).toEqual(['begun', 'no more', 'drain, draining: true', 'begun long ago']);
  });

  it('lets writes wait for the database for ten seconds after the drain', async () => {
    const ended = end();
    await vi.advanceTimersByTimeAsync((DRAIN_SECONDS + LAST_WRITE_SECONDS) * 1000 - 1);
    expect([shutdown.forced.aborted, shutdown.writeDeadline.aborted]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([shutdown.forced.aborted, shutdown.writeDeadline.aborted]).toEqual([false, true]);
    await ended;
  });

  it('when forced does not wait for the drain, but still lets writes wait ten seconds', async () => {
    await shutdown.beforeApplicationShutdown();
    shutdown.forceStop();
    expect([shutdown.forced.aborted, shutdown.writeDeadline.aborted]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(LAST_WRITE_SECONDS * 1000 - 1);
    expect(shutdown.writeDeadline.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(shutdown.writeDeadline.aborted).toBe(true);
  });
});
