import { StateMachine } from '../../../shared/domain/state-machine.js';

export const PLAN_STATUSES = [
  'draft',
  'review',
  'approved',
  'executing',
  'completed',
  'failed',
  'rejected',
  'cancelled',
] as const;

export type PlanStatus = (typeof PLAN_STATUSES)[number];

export type PlanAction =
  'submit' | 'approve' | 'reject' | 'request_changes' | 'start' | 'complete' | 'fail' | 'retry' | 'cancel';

/** A plan is created as a draft; only an approval in review leads to its execution. */
export const planStatus = new StateMachine<PlanStatus, PlanAction>({
  draft: { submit: 'review', cancel: 'cancelled' },
  review: { approve: 'approved', reject: 'rejected', request_changes: 'draft', cancel: 'cancelled' },
  approved: { start: 'executing', cancel: 'cancelled' },
  executing: { complete: 'completed', fail: 'failed', cancel: 'cancelled' },
  failed: { retry: 'executing', cancel: 'cancelled' },
  completed: {},
  rejected: {},
  cancelled: {},
});
