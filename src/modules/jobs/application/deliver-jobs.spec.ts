import { Logger } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../config/read-config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DeliverJobs } from './deliver-jobs.js';
import { JobOutbox } from './job-outbox.js';
import { Delivery, JobQueue } from './job-queue.js';

const A = { jobId: 'a', version: 1 };
const B = { jobId: 'b', version: 1 };
const C = { jobId: 'c', version: 1 };

describe('new jobs', () => {
  /** What happened, in order. */
  let log: [what: string, ...Delivery[]][];
  /** The answers of the queue to each batch. */
  let answers: PromiseWithResolvers<void>[];
  let shutdown: Shutdown;
  let deliver: DeliverJobs;

  beforeEach(() => {
    Logger.overrideLogger(false);
    log = [];
    answers = [];
    const config = readConfig({});
    shutdown = new Shutdown(config);
    const queue: Partial<JobQueue> = {
      send: (batch) => {
        log.push(['send', ...batch]);
        const answer = Promise.withResolvers<void>();
        answers.push(answer);
        return answer.promise;
      },
    };
    const outbox: JobOutbox = {
      take: () => Promise.resolve([]),
      markSent: (batch) => {
        log.push(['mark', ...batch]);
        return Promise.resolve();
      },
      putBack: () => Promise.resolve(),
      msToNextDue: () => Promise.resolve(undefined),
    };
    deliver = new DeliverJobs(outbox, queue as JobQueue, config, shutdown);
    deliver.sweepNeeded$.subscribe(() => log.push(['sweep']));
  });

  it('are sent at once, those of the meantime in one batch, and marked once the queue has them', async () => {
    for (const each of [A, B, C]) deliver.send(each);
    expect(log).toEqual([['send', A]]);
    answers[0]!.resolve();
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]!.resolve();
    await vi.waitFor(() => expect(log).toHaveLength(4));
    expect(log).toEqual([
      ['send', A],
      ['mark', A],
      ['send', B, C],
      ['mark', B, C],
    ]);
  });

  it('are left to the sweep, unmarked, when the queue does not take them, and later ones as long as that lasts', async () => {
    deliver.send(A);
    deliver.send(B);
    answers[0]!.reject(new Error('away'));
    await vi.waitFor(() => expect(log).toHaveLength(2));
    deliver.send(C);
    expect(log).toEqual([['send', A], ['sweep'], ['sweep']]);
  });

  it('are sent before the connections of the process are closed', async () => {
    deliver.send(A);
    shutdown.register('close_database', () => void log.push(['close']));
    const closing = shutdown.onApplicationShutdown();
    answers[0]!.resolve();
    await closing;
    expect(log).toEqual([['send', A], ['mark', A], ['close']]);
  });
});
