import { Approval } from './approval.js';

/** The approvals, inside a unit of work that holds the row of their run: nobody else decides meanwhile. */
export abstract class ApprovalRepository {
  abstract add(approval: Approval): Promise<void>;
  /** @throws ApprovalNotFound */
  abstract get(approvalId: string): Promise<Approval>;
  /** The unanswered questions of a run, oldest first. */
  abstract listPending(runId: string): Promise<Approval[]>;
  /** Whether the user allowed a tool for the rest of the session. */
  abstract isRemembered(sessionId: string, toolName: string): Promise<boolean>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(approval: Approval): Promise<void>;
}
