import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Plan } from '../../../plans/index.js';
import { Run } from '../../domain/run.js';
import { RecordFailure } from './record-failure.js';
import { RunWriter } from './run-writer.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const FAULT = { code: 'model.unavailable', message: 'The model cannot be reached' };
const ACT = { id: 'act', by: 'alice', reason: null, now: NOW };

function start(entry: 'receive_directed_message' | 'retry_plan'): Run {
  const run = Run.create({
    traceparent: '',
    id: 'r',
    sessionId: 's',
    userId: 'u',
    agent: 'coder',
    trigger: 'user_message',
    now: NOW,
  });
  run.activate({ agent: 'coder', entry, lease: { owner: 'p', token: 't' }, now: NOW });
  return run;
}

/** A plan whose only subtask is running. */
const executingPlan = () => {
  const subtask = {
    title: 'One',
    description: 'x',
    agent: 'coder',
    estimatedMinutes: null,
    dependencies: [],
  };
  const proposal = { title: 'A tool', description: 'Small', subtasks: [subtask] };
  const plan = Plan.draft({ id: 'p', sessionId: 's', runId: 'r', userId: 'u' }, proposal, ['s1'], ACT);
  plan.submit('q', ACT);
  plan.approve('q', ACT);
  plan.start(ACT);
  plan.startNext(NOW);
  return plan;
};

describe('a failure', () => {
  let plan: Plan | undefined;
  const saved = vi.fn<RunWriter['save']>();
  const failure = new RecordFailure({ save: saved } as unknown as RunWriter, { now: () => NOW });
  const tx = {
    get: () => ({ findOpen: async () => plan, save: async () => undefined }),
  } as unknown as Transaction;

  const fail = async (run: Run) => {
    await failure.record(tx, run, FAULT);
    expect(saved.mock.lastCall?.[1]).toBe(run);
    return run.snapshot();
  };

  beforeEach(() => {
    saved.mockReset();
    plan = undefined;
  });

  it('fails the run', async () => {
    expect(await fail(start('receive_directed_message'))).toMatchObject({ status: 'failed', error: FAULT });
  });

  it('gives a subtask one more attempt, and fails the run after that', async () => {
    plan = executingPlan();
    const run = start('retry_plan');
    expect(await fail(run)).toMatchObject({ status: 'running', phase: 'plan_execution', error: null });
    expect(plan.startNext(NOW)).toMatchObject({ id: 's1', attempt: 2 });
    expect(await fail(run)).toMatchObject({ status: 'failed', error: FAULT });
  });

  it('fails a run that is between two subtasks', async () => {
    plan = executingPlan();
    plan.finishSubtask('done', NOW);
    expect(await fail(start('retry_plan'))).toMatchObject({ status: 'failed' });
  });

  it('touches no subtask where the run does not execute a plan', async () => {
    plan = executingPlan();
    expect(await fail(start('receive_directed_message'))).toMatchObject({ status: 'failed' });
    expect(plan.running).toMatchObject({ attempt: 1 });
  });

  it('cancels a run whose cancellation was requested, without another attempt', async () => {
    plan = executingPlan();
    const run = start('retry_plan');
    run.requestCancel(NOW);
    expect(await fail(run)).toMatchObject({ status: 'cancelled', error: null });
    expect(plan.running).toMatchObject({ attempt: 1 });
  });
});
