import { Page, PageRequest } from '../../../shared/application/page.js';
import { ApprovalState } from '../domain/approval-state.js';
import { ApprovalStatus } from '../domain/approval.states.js';

/** Approvals as they are shown. */
export abstract class ApprovalQueries {
  /** Newest first. */
  abstract list(
    sessionId: string,
    status: ApprovalStatus | undefined,
    page: PageRequest,
  ): Promise<Page<ApprovalState>>;
  /** @throws ApprovalNotFound also when it belongs to somebody else */
  abstract view(approvalId: string, userId: string): Promise<ApprovalState>;
  /** The question about a tool call. @throws ApprovalNotFound also when it belongs to somebody else */
  abstract ofCall(sessionId: string, callId: string, userId: string): Promise<ApprovalState>;
  /** The newest question about a plan, where there is one. */
  abstract newestOfPlan(planId: string): Promise<ApprovalState | undefined>;
  /** Unanswered ones whose deadline has passed, the oldest first. */
  abstract listExpired(now: Date, limit: number): Promise<ApprovalState[]>;
}
