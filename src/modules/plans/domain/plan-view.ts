import { PlanState } from './plan-state.js';
import { Subtask, progressOf } from './subtask.js';

/** A plan as clients see it, in answers and in events alike. */
export const toPlanView = (plan: PlanState) => ({
  id: plan.id,
  session_id: plan.sessionId,
  run_id: plan.runId,
  title: plan.title,
  description: plan.description,
  status: plan.status,
  version: plan.revision,
  subtasks: plan.subtasks.map(toSubtaskView),
  progress: { ...progressOf(plan.subtasks) },
  created_at: plan.createdAt.toISOString(),
  updated_at: plan.updatedAt.toISOString(),
});

export type PlanView = ReturnType<typeof toPlanView>;

const toSubtaskView = (subtask: Subtask) => ({
  id: subtask.id,
  position: subtask.position,
  title: subtask.title,
  description: subtask.description,
  agent: subtask.agent,
  dependencies: subtask.dependencies,
  estimated_minutes: subtask.estimatedMinutes,
  status: subtask.status,
  attempt: subtask.attempt,
  result: subtask.result,
  error: subtask.error,
  started_at: subtask.startedAt?.toISOString() ?? null,
  finished_at: subtask.finishedAt?.toISOString() ?? null,
});
