export { ApprovalDto } from './api/approvals.dto.js';
export {
  APPROVAL_KINDS,
  APPROVAL_STATUSES,
  DECISIONS,
  toApprovalView,
} from './application/approval-words.js';
export { ApprovalQueries } from './application/approval.queries.js';
export { ApprovalsModule } from './approvals.module.js';
export { ApprovalPolicy, type PolicyVerdict } from './domain/approval-policy.js';
export { type ApprovalState } from './domain/approval-state.js';
export { Approval, DECISIONS_ON, type Verdict } from './domain/approval.js';
export { ApprovalAlreadyDecided, ApprovalExpired, ApprovalNotFound } from './domain/approval.errors.js';
export { ApprovalRepository } from './domain/approval.repository.js';
