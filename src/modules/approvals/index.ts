export { APPROVAL_EVENTS } from './api/approval-events.dto.js';
export { ApprovalDto, FILE_GUARD } from './api/approvals.dto.js';
export { RememberWhenDto } from './api/permissions.dto.js';
export { ApprovalQueries } from './application/approval.queries.js';
export { ApprovalsModule } from './approvals.module.js';
export {
  ApprovalPolicy,
  type PolicyCall,
  type PolicyVerdict,
  type SessionConsent,
} from './domain/approval-policy.js';
export { type ApprovalState } from './domain/approval-state.js';
export { toApprovalView } from './domain/approval-view.js';
export { Approval, type Verdict } from './domain/approval.js';
export { ApprovalAskedAgain, ApprovalNotFound } from './domain/approval.errors.js';
export { ApprovalRepository } from './domain/approval.repository.js';
export { patternFault, type RememberWhen, type ToolUse } from './domain/remembering.js';
export { DECISIONS, DECISIONS_ON } from './domain/approval.states.js';
