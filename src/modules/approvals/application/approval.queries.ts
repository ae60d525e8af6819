import { Page, PageRequest } from '../../../shared/application/page.js';
import { ApprovalState } from '../domain/approval-state.js';
import { Permission } from '../domain/remembering.js';
import { ApprovalStatus } from '../domain/approval.states.js';

/** Filters a list of approvals; unset = all. */
export interface ApprovalFilter {
  readonly status: ApprovalStatus | undefined;
}

/** Reads approvals for the API. */
export abstract class ApprovalQueries {
  /** Of a session, newest first. */
  abstract list(sessionId: string, filter: ApprovalFilter, page: PageRequest): Promise<Page<ApprovalState>>;
  /** In all sessions of the user, newest first. */
  abstract listOwned(userId: string, filter: ApprovalFilter, page: PageRequest): Promise<Page<ApprovalState>>;
  /** @throws ApprovalNotFound also when it belongs to another user */
  abstract view(approvalId: string, userId: string): Promise<ApprovalState>;
  /** The newest approval of a tool call. @throws ApprovalNotFound also when it belongs to another user */
  abstract ofCall(sessionId: string, callId: string, userId: string): Promise<ApprovalState>;
  /** The newest approval of a plan; undefined also when it belongs to another user. */
  abstract newestOfPlan(
    sessionId: string,
    planId: string,
    userId: string,
  ): Promise<ApprovalState | undefined>;
  /** What the user has allowed for the rest of a session, newest first. */
  abstract listPermissions(sessionId: string, page: PageRequest): Promise<Page<Permission>>;
  /** Pending approvals whose deadline has passed, oldest first. */
  abstract listExpired(limit: number): Promise<ApprovalState[]>;
}
