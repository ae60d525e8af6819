import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Plan } from '../../../plans/index.js';
import { NOW, runningRun } from '../../../../../test/support/active-run.js';
import { Run } from '../../domain/run.js';
import { RecordFailure } from './record-failure.js';
import { RunWriter } from './run-writer.js';

const FAULT = { code: 'model.unavailable', message: 'The model cannot be reached' };
const ACT = { id: 'act', by: 'alice', reason: null, now: NOW };

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
    expect(await fail(runningRun())).toMatchObject({ status: 'failed', error: FAULT });
  });

  it('gives a subtask one more attempt, and fails the run after that', async () => {
    plan = executingPlan();
    const run = runningRun('retry_plan');
    expect(await fail(run)).toMatchObject({ status: 'running', phase: 'plan_execution', error: null });
    expect(plan.startNext(NOW)).toMatchObject({ id: 's1', attempt: 2 });
    expect(await fail(run)).toMatchObject({ status: 'failed', error: FAULT });
  });

  it('fails a run that is between two subtasks', async () => {
    plan = executingPlan();
    plan.finishSubtask('done', NOW);
    expect(await fail(runningRun('retry_plan'))).toMatchObject({ status: 'failed' });
  });

  it('touches no subtask where the run does not execute a plan', async () => {
    plan = executingPlan();
    expect(await fail(runningRun())).toMatchObject({ status: 'failed' });
    expect(plan.running).toMatchObject({ attempt: 1 });
  });

  it('cancels a run whose cancellation was requested, without another attempt', async () => {
    plan = executingPlan();
    const run = runningRun('retry_plan');
    run.requestCancel(NOW);
    expect(await fail(run)).toMatchObject({ status: 'cancelled', error: null });
    expect(plan.running).toMatchObject({ attempt: 1 });
  });
});
