import { Approval } from './approval.js';
import { Permission } from './remembering.js';

/** The approvals. The unit of work holds the row lock of their run, so that decisions do not race. */
export abstract class ApprovalRepository {
  abstract add(approval: Approval): Promise<void>;
  /** @throws ApprovalNotFound */
  abstract get(approvalId: string): Promise<Approval>;
  /** The pending approvals of a run, oldest first. */
  abstract listPending(runId: string): Promise<Approval[]>;
  /** What the user has allowed for the rest of the session, and not taken back. */
  abstract listPermissions(sessionId: string): Promise<Permission[]>;
  /** Takes back all permissions of a session, or one. @returns their ids */
  abstract forget(sessionId: string, permissionId: string | undefined): Promise<string[]>;
  /** @throws ConcurrencyError when the row has changed since it was loaded */
  abstract save(approval: Approval): Promise<void>;
}
