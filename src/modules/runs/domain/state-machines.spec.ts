import { describe, expect, it } from 'vitest';
import { StateMachine } from '../../../shared/domain/state-machine.js';
import { runPhase } from './run-phase.states.js';
import { runStatus } from './run.states.js';
import { toolCallStatus } from './tool-call.states.js';

/** Every state a machine can get into from `first`. */
function reachable<S extends string, A extends string>(machine: StateMachine<S, A>, first: S): Set<S> {
  const seen = new Set<S>([first]);
  for (const state of seen) {
    for (const action of machine.actions(state)) seen.add(machine.next(state, action)!);
  }
  return seen;
}

/** The whole table as text: every state × action is decided here. */
const tableOf = <S extends string, A extends string>(machine: StateMachine<S, A>) =>
  Object.fromEntries(
    (Object.keys(machine.transitions) as S[]).map((state) => [
      state,
      machine.actions(state).map((action) => `${action} → ${machine.next(state, action)}`),
    ]),
  );

describe('the status of a run', () => {
  it('goes these ways and no other', () => {
    expect(tableOf(runStatus)).toEqual({
      queued: ['start → running', 'cancel → cancelled'],
      running: [
        'wait → waiting',
        'complete → completed',
        'fail → failed',
        'cancel → cancelled',
        'interrupt → interrupted',
        'exhaust_model_calls → model_call_limit',
      ],
      waiting: ['resume → running', 'fail → failed', 'cancel → cancelled'],
      completed: [],
      failed: [],
      cancelled: [],
      interrupted: [],
      model_call_limit: [],
    });
  });

  it('can be each of its states', () => {
    expect([...reachable(runStatus, 'queued')].toSorted()).toEqual(
      Object.keys(runStatus.transitions).toSorted(),
    );
  });
});

describe('the phase of a run', () => {
  it('goes these ways and no other', () => {
    expect(tableOf(runPhase)).toEqual({
      idle: [
        'receive_message → classify',
        'receive_directed_message → execution',
        'retry_plan → plan_execution',
      ],
      classify: [
        'is_atomic_true → execution',
        'is_atomic_false → plan_required',
        'classify_error → error_handling',
      ],
      plan_required: ['route_to_architect → architect_planning'],
      architect_planning: [
        'plan_created → plan_review',
        'task_completed → completed',
        'planning_failed → error_handling',
      ],
      plan_review: [
        'plan_approved → plan_execution',
        'plan_rejected → completed',
        'plan_modification_requested → architect_planning',
      ],
      plan_execution: ['plan_execution_completed → completed', 'plan_execution_failed → error_handling'],
      execution: ['task_completed → completed', 'plan_created → plan_review', 'task_failed → error_handling'],
      error_handling: ['retry_subtask → plan_execution', 'give_up → completed'],
      completed: [],
    });
  });

  it('can be each of its states', () => {
    expect([...reachable(runPhase, 'idle')].toSorted()).toEqual(Object.keys(runPhase.transitions).toSorted());
  });
});

describe('the status of a tool call', () => {
  it('is settled once', () => {
    expect(tableOf(toolCallStatus)).toEqual({
      awaiting_approval: [
        'request → requested',
        'complete → completed',
        'fail → failed',
        'reject → rejected',
        'cancel → cancelled',
      ],
      requested: [
        'reclaim → awaiting_approval',
        'complete → completed',
        'fail → failed',
        'expire → expired',
        'cancel → cancelled',
      ],
      completed: [],
      failed: [],
      rejected: [],
      expired: [],
      cancelled: [],
    });
  });
});
