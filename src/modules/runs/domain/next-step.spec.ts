import { describe, expect, it } from 'vitest';
import { Step, nextStep } from './next-step.js';
import { RUN_PHASES, RunPhase } from './run-phase.states.js';
import { RUN_STATUSES } from './run.states.js';

/** What a running run needs in each phase. */
const STEPS: Readonly<Record<RunPhase, Step>> = {
  idle: 'rest',
  classify: 'classify',
  plan_required: 'rest',
  architect_planning: 'ask_model',
  plan_review: 'rest',
  plan_execution: 'advance_plan',
  execution: 'ask_model',
  error_handling: 'rest',
  completed: 'rest',
};

describe('the next step of a run', () => {
  it.each(Object.entries(STEPS) as [RunPhase, Step][])('in phase %s is to %s', (phase, step) => {
    expect(nextStep({ status: 'running', phase }, false)).toBe(step);
  });

  it('asks the model where an agent is at work on a subtask of the plan', () => {
    expect(nextStep({ status: 'running', phase: 'plan_execution' }, true)).toBe('ask_model');
  });

  it.each(RUN_STATUSES.filter((status) => status !== 'running'))('is none while it is %s', (status) => {
    for (const phase of RUN_PHASES) expect(nextStep({ status, phase }, true)).toBe('rest');
  });
});
