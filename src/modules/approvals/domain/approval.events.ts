import { ApprovalKind, Decision } from './approval.states.js';
import { ApprovalView } from './approval-view.js';

export interface ApprovalEvents {
  /** Of tool calls only; a plan's approval is announced by `plan.approval_required`. */
  'approval.requested': { approval: ApprovalView };
  'approval.resolved': {
    approval_id: string;
    kind: ApprovalKind;
    /** `cancel`: the runtime closed it, because its run or plan ended. */
    decision: Decision | 'cancel';
    decided_by: string;
    reason?: string;
    waited_ms: number;
  };
  /** By their ids: those of the approvals that they were given with. */
  'permissions.withdrawn': { permission_ids: string[] };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends ApprovalEvents {}
}
