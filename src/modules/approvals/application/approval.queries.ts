import { Page, PageRequest } from '../../../shared/application/page.js';
import { ApprovalState } from '../domain/approval-state.js';
import { ApprovalStatus } from '../domain/approval.states.js';

/** Reads approvals for the API. */
export abstract class ApprovalQueries {
  /** Newest first. */
  abstract list(
    sessionId: string,
    status: ApprovalStatus | undefined,
    page: PageRequest,
  ): Promise<Page<ApprovalState>>;
  /** @throws ApprovalNotFound also when it belongs to another user */
  abstract view(approvalId: string, userId: string): Promise<ApprovalState>;
  /** The approval of a tool call. @throws ApprovalNotFound also when it belongs to another user */
  abstract ofCall(sessionId: string, callId: string, userId: string): Promise<ApprovalState>;
  /** The newest approval of a plan; undefined also when it belongs to another user. */
  abstract newestOfPlan(
    sessionId: string,
    planId: string,
    userId: string,
  ): Promise<ApprovalState | undefined>;
  /** Pending approvals whose deadline has passed, oldest first. */
  abstract listExpired(limit: number): Promise<ApprovalState[]>;
}
