import { ApprovalState } from './approval-state.js';

/** An approval as clients see it, in answers and in events alike. */
export const toApprovalView = (approval: ApprovalState) => ({
  id: approval.id,
  session_id: approval.sessionId,
  run_id: approval.runId,
  kind: approval.kind,
  ...(approval.kind === 'tool_call' && { call_id: approval.callId, tool_name: approval.toolName }),
  ...(approval.planId && { plan_id: approval.planId }),
  subject: approval.subject,
  ...(approval.arguments && { arguments: approval.arguments }),
  reason: approval.reason,
  status: approval.status,
  created_at: approval.createdAt.toISOString(),
  expires_at: approval.expiresAt.toISOString(),
  decision: approval.decision,
  decided_by: approval.decidedBy,
  decided_at: approval.decidedAt?.toISOString() ?? null,
  feedback: approval.feedback,
  ...(approval.modifiedArguments && { modified_arguments: approval.modifiedArguments }),
  remember: approval.remember,
});

export type ApprovalView = ReturnType<typeof toApprovalView>;
