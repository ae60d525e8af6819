import { JsonObject } from '../../../shared/domain/json.js';
import { ApprovalKind, ApprovalStatus, Decision } from './approval.states.js';

export interface ApprovalState {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly userId: string;
  readonly kind: ApprovalKind;
  /** The tool call that waits for the decision, or the call that proposed the plan. */
  readonly callId: string;
  /** Set for plans only. */
  readonly planId: string | null;
  readonly toolName: string;
  /** One line that names what is to be approved. */
  readonly subject: string;
  /** Set for tool calls only: the arguments that the model gave. */
  readonly arguments: JsonObject | null;
  /** Why an approval is needed. */
  readonly reason: string;
  readonly status: ApprovalStatus;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly decision: Decision | null;
  /** The user, or `runtime` if the approval expired. */
  readonly decidedBy: string | null;
  /** The user's text, or why the runtime closed the approval. */
  readonly feedback: string | null;
  readonly modifiedArguments: JsonObject | null;
  /** The tool needs no further approval in this session. */
  readonly remember: boolean;
  readonly decidedAt: Date | null;
  readonly version: number;
}
