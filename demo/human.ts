import type { CallApproval, CallVerdict, Plan, PlanVerdict } from './api.ts';

/** Who decides in front of the IDE. */
export interface Human {
  decideOnPlan(plan: Plan): Promise<PlanVerdict>;

  /** @param refusal why the server did not take the edit that was decided on before */
  decideOnCall(approval: CallApproval, refusal?: string): Promise<CallVerdict>;
}
