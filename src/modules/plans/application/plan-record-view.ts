import { toPlanView } from '../domain/plan-view.js';
import { PlanTransition } from '../domain/plan-state.js';
import { PlanRecord } from './plan.queries.js';

/** A plan with its history, as clients see it. */
export const toPlanRecordView = ({ plan, history }: PlanRecord) => ({
  ...toPlanView(plan),
  history: history.map(toTransitionView),
});

export type PlanRecordView = ReturnType<typeof toPlanRecordView>;

const toTransitionView = (transition: PlanTransition) => ({
  action: transition.action,
  from: transition.fromStatus,
  to: transition.toStatus,
  version: transition.revision,
  decided_by: transition.decidedBy,
  reason: transition.reason,
  approval_id: transition.approvalId,
  created_at: transition.createdAt.toISOString(),
});
