import { ApprovalState } from './approval-state.js';
import { isWordForWord, rememberedBy } from './remembering.js';

/** An approval as clients see it, in answers and in events alike. */
export const toApprovalView = (approval: ApprovalState) => {
  const remembered = rememberedBy(approval);
  return {
    id: approval.id,
    session_id: approval.sessionId,
    run_id: approval.runId,
    kind: approval.kind,
    ...(approval.kind === 'tool_call' && { call_id: approval.callId, tool_name: approval.toolName }),
    ...(approval.attempt > 1 && { attempt: approval.attempt }),
    ...(approval.planId && { plan_id: approval.planId }),
    subject: approval.subject,
    ...(approval.arguments && { arguments: approval.arguments }),
    ...approval.guard,
    reason: approval.reason,
    status: approval.status,
    created_at: approval.createdAt.toISOString(),
    expires_at: approval.expiresAt.toISOString(),
    decision: approval.decision,
    decided_by: approval.decidedBy,
    decided_at: approval.decidedAt?.toISOString() ?? null,
    feedback: approval.feedback,
    ...(approval.modifiedArguments && { modified_arguments: approval.modifiedArguments }),
    ...(approval.suggestions && { suggestions: approval.suggestions.map((each) => ({ ...each })) }),
    remember: remembered !== null && isWordForWord(remembered),
    ...(remembered && !isWordForWord(remembered) && { remember_when: { ...remembered } }),
  };
};

export type ApprovalView = ReturnType<typeof toApprovalView>;
