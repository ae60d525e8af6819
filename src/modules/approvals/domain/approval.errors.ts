import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export class ApprovalNotFound extends DomainError {
  readonly code = 'approval.not_found';
  readonly kind = 'not_found';

  /** @param what names the approval, or the tool call it is about */
  constructor(what: string) {
    super(`There is no approval ${what}`);
  }
}

export class PermissionNotFound extends DomainError {
  readonly code = 'permission.not_found';
  readonly kind = 'not_found';

  constructor(permissionId: string) {
    super(`There is no permission ${permissionId}`);
  }
}

export class ApprovalAlreadyDecided extends DomainError {
  readonly code = 'approval.already_decided';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(approvalId: string, status: string, decision: string | null) {
    super(`Approval ${approvalId} is ${status} already, by another decision`);
    this.details = { approval_status: status, decision, allowed_actions: [] };
  }
}

export class ApprovalExpired extends DomainError {
  readonly code = 'approval.expired';
  readonly kind = 'conflict';
  override readonly details: JsonObject = { approval_status: 'rejected', allowed_actions: [] };

  constructor(approvalId: string) {
    super(`Approval ${approvalId} has expired`);
  }
}

/** A decision that names only the call may be a repeated one about an earlier question. */
export class ApprovalAskedAgain extends DomainError {
  readonly code = 'approval.asked_again';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  constructor(callId: string, approvalId: string) {
    super(`Whether to repeat tool call ${callId} is decided by the id of the approval, ${approvalId}`);
    this.details = { approval_id: approvalId };
  }
}
