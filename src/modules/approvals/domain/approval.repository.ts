import { Approval } from './approval.js';

/** The approvals. The unit of work holds the row lock of their run, so that decisions do not race. */
export abstract class ApprovalRepository {
  abstract add(approval: Approval): Promise<void>;
  /** @throws ApprovalNotFound */
  abstract get(approvalId: string): Promise<Approval>;
  /** The pending approvals of a run, oldest first. */
  abstract listPending(runId: string): Promise<Approval[]>;
  /** Whether the user allowed the tool for the rest of the session. */
  abstract isRemembered(sessionId: string, toolName: string): Promise<boolean>;
  /** @throws ConcurrencyError when the row has changed since it was loaded */
  abstract save(approval: Approval): Promise<void>;
}
