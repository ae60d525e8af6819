import { PlanAction, PlanStatus } from './plan.states.js';
import { Subtask } from './subtask.js';

export interface PlanState {
  readonly id: string;
  readonly sessionId: string;
  /** The run it lives in; a retry gives it another one. */
  readonly runId: string;
  readonly userId: string;
  readonly title: string;
  readonly description: string;
  readonly status: PlanStatus;
  /** What clients call its version: raised whenever changes are asked for. */
  readonly revision: number;
  /** The decision that approved it. */
  readonly approvalId: string | null;
  /** Those of the current revision, in order. */
  readonly subtasks: readonly Subtask[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** One step in the life of a plan, kept for good: who did what, when and why. */
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
  /** The question that was answered by it. */
  readonly approvalId: string | null;
  readonly createdAt: Date;
}
