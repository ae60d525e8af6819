import { PlanAction, PlanStatus } from './plan.states.js';
import { Subtask } from './subtask.js';

export interface PlanState {
  readonly id: string;
  readonly sessionId: string;
  /** The run that drafts or executes it; a retry assigns another one. */
  readonly runId: string;
  readonly userId: string;
  readonly title: string;
  readonly description: string;
  readonly status: PlanStatus;
  /** The `version` of the API: raised by each request for changes. */
  readonly revision: number;
  /** The approval that allowed it. */
  readonly approvalId: string | null;
  /** What the user said with that approval, where it is read for those who carry the plan out. */
  readonly feedback?: string | null;
  /** The subtasks of the current revision, in order. */
  readonly subtasks: readonly Subtask[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** A permanent record of one transition of a plan: who did what, when and why. */
export interface PlanTransition {
  readonly id: string;
  readonly planId: string;
  readonly revision: number;
  readonly action: PlanAction | 'create';
  readonly fromStatus: PlanStatus | null;
  readonly toStatus: PlanStatus;
  /** The user, the agent, or `runtime`. */
  readonly decidedBy: string;
  readonly reason: string | null;
  /** The approval that was decided by it. */
  readonly approvalId: string | null;
  readonly createdAt: Date;
}
