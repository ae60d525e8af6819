import { StateMachine } from '../../../shared/domain/state-machine.js';

export const RUN_PHASES = [
  'idle',
  'classify',
  'plan_required',
  'architect_planning',
  'plan_review',
  'plan_execution',
  'execution',
  'error_handling',
  'completed',
] as const;

export type RunPhase = (typeof RUN_PHASES)[number];

export type PhaseEvent =
  | 'receive_message'
  | 'receive_directed_message'
  | 'retry_plan'
  | 'is_atomic_true'
  | 'is_atomic_false'
  | 'classify_error'
  | 'route_to_architect'
  | 'plan_created'
  | 'planning_failed'
  | 'plan_approved'
  | 'plan_rejected'
  | 'plan_modification_requested'
  | 'plan_execution_completed'
  | 'plan_execution_failed'
  | 'task_completed'
  | 'task_failed'
  | 'retry_subtask'
  | 'give_up';

/**
 * The orchestration of a run. An architect that answers without a plan (a question, an explanation) completes its
 * task like any other agent. A retry of a failed plan is a run of its own.
 */
export const runPhase = new StateMachine<RunPhase, PhaseEvent>({
  idle: {
    receive_message: 'classify',
    receive_directed_message: 'execution',
    retry_plan: 'plan_execution',
  },
  classify: {
    is_atomic_true: 'execution',
    is_atomic_false: 'plan_required',
    classify_error: 'error_handling',
  },
  plan_required: { route_to_architect: 'architect_planning' },
  architect_planning: {
    plan_created: 'plan_review',
    task_completed: 'completed',
    planning_failed: 'error_handling',
  },
  plan_review: {
    plan_approved: 'plan_execution',
    plan_rejected: 'completed',
    plan_modification_requested: 'architect_planning',
  },
  plan_execution: { plan_execution_completed: 'completed', plan_execution_failed: 'error_handling' },
  execution: { task_completed: 'completed', plan_created: 'plan_review', task_failed: 'error_handling' },
  error_handling: {
    retry_subtask: 'plan_execution',
    give_up: 'completed',
  },
  completed: {},
});

/** The event that completes a run, by phase. */
export const COMPLETION: Readonly<Partial<Record<RunPhase, PhaseEvent>>> = {
  architect_planning: 'task_completed',
  plan_review: 'plan_rejected',
  plan_execution: 'plan_execution_completed',
  execution: 'task_completed',
};

/** The event that fails a run, by phase. A plan in review is rejected instead, since it has not failed. */
export const FAILURE: Readonly<Partial<Record<RunPhase, PhaseEvent>>> = {
  classify: 'classify_error',
  architect_planning: 'planning_failed',
  plan_review: 'plan_rejected',
  plan_execution: 'plan_execution_failed',
  execution: 'task_failed',
};
