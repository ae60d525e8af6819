import { JsonObject } from '../../../shared/domain/json.js';
import { ApprovalKind, ApprovalStatus, Decision } from './approval.states.js';

export interface ApprovalState {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly userId: string;
  readonly kind: ApprovalKind;
  /** The call that waits for it: the tool call, or the one that proposed the plan. */
  readonly callId: string;
  /** Of a plan only. */
  readonly planId: string | null;
  readonly toolName: string;
  /** One line that says what is asked. */
  readonly subject: string;
  /** Of a tool call only: as the model wishes it. */
  readonly arguments: JsonObject | null;
  /** Why it is asked. */
  readonly reason: string;
  readonly status: ApprovalStatus;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly decision: Decision | null;
  /** The user, or `runtime` where the question expired. */
  readonly decidedBy: string | null;
  /** The user's words, or why the runtime ended it. */
  readonly feedback: string | null;
  readonly modifiedArguments: JsonObject | null;
  /** The tool needs no further approval in this session. */
  readonly remember: boolean;
  readonly decidedAt: Date | null;
  readonly version: number;
}
