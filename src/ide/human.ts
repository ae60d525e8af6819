import type { ApprovalContext, CallApproval, CallDecision, DecisionOnPlan, Plan } from '#client';

/** Who decides in front of the IDE. The signal is aborted when the question is over: it was answered elsewhere, or too late. */
export interface Human {
  decideOnPlan(plan: Plan, context: { readonly signal: AbortSignal }): Promise<DecisionOnPlan>;

  /** `refusal`: why the server did not take the edit that was decided on before. */
  decideOnCall(approval: CallApproval, context: ApprovalContext): Promise<CallDecision>;
}
