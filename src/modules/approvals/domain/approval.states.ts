import { StateMachine } from '../../../shared/domain/state-machine.js';

export const APPROVAL_KINDS = ['tool_call', 'plan'] as const;
export const APPROVAL_STATUSES = [
  'pending',
  'approved',
  'rejected',
  'changes_requested',
  'cancelled',
] as const;
export const DECISIONS = ['approve', 'edit', 'reject', 'modify'] as const;

export type ApprovalKind = (typeof APPROVAL_KINDS)[number];
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];
export type Decision = (typeof DECISIONS)[number];

/** The decisions allowed for each kind of approval. */
export const DECISIONS_ON: Readonly<Record<ApprovalKind, readonly Decision[]>> = {
  tool_call: ['approve', 'edit', 'reject'],
  plan: ['approve', 'reject', 'modify'],
};

/** Answered once; at its deadline a pending question is rejected. */
export const approvalStatus = new StateMachine<ApprovalStatus, Decision | 'cancel'>({
  pending: {
    approve: 'approved',
    edit: 'approved',
    reject: 'rejected',
    modify: 'changes_requested',
    cancel: 'cancelled',
  },
  approved: {},
  rejected: {},
  changes_requested: {},
  cancelled: {},
});
