import type { Tool, Tools } from './tools.ts';
import type { Approval, Decision, Json, Plan } from './types.gen.ts';

/** An approval that is about a tool call. */
export type CallApproval = Approval & Required<Pick<Approval, 'call_id' | 'tool_name' | 'arguments'>>;

export type CallDecision = Omit<Decision, 'decision' | 'version'> & {
  decision: 'approve' | 'edit' | 'reject';
};

export type DecisionOnPlan = Pick<Decision, 'feedback' | 'version'> & {
  decision: 'approve' | 'reject' | 'modify';
};

export interface ApprovalContext {
  /** Aborted when the question is over: it was answered elsewhere, or too late. Close it. */
  readonly signal: AbortSignal;
  /** Why the server has refused the edit that was decided on before; then the question is asked again. */
  readonly refusal?: string;
}

export interface PlanContext {
  readonly approvalId: string;
  /** As that of an approval. */
  readonly signal: AbortSignal;
}

/**
 * Keeps which executions were begun, over restarts of the IDE. Each has the id of its call; one that the server allows after
 * a claim has lapsed has its attempt behind that, as `ID:2`.
 */
export interface Journal {
  has(id: string): boolean | Promise<boolean>;
  /** Asked before a tool begins: once it is kept, this execution is never begun again. */
  add(id: string): unknown;
}

type Answer<T> = T | undefined | Promise<T | undefined>;

/** What an IDE lends to a session. What is left out is left to other clients of the session. */
export interface Lent {
  readonly tools?: Tools;
  /** By name, those that this client has declared. The others of that kind are left to the clients that have declared them. */
  readonly declared?: Readonly<Record<string, Tool<Readonly<Record<string, Json>>>>>;
  /** For tools of the runtime that are not in `tools`. */
  readonly onUnknownTool?: Tool<Readonly<Record<string, Json>>>;
  /** May take hours. Undefined = another client decides. */
  readonly onApproval?: (approval: CallApproval, context: ApprovalContext) => Answer<CallDecision>;
  /** May take hours. Undefined = another client decides. */
  readonly onPlan?: (plan: Plan, context: PlanContext) => Answer<DecisionOnPlan>;
  readonly journal?: Journal;
}
