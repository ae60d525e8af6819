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
