// What a view may say: the contract lists these words.
export { APPROVAL_KINDS, APPROVAL_STATUSES, DECISIONS } from '../domain/approval-state.js';
export { toApprovalView, type ApprovalView } from '../domain/approval-view.js';
