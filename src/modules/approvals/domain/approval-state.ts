import { JsonObject } from '../../../shared/domain/json.js';
import { RememberWhen } from './remembering.js';
import { ApprovalKind, ApprovalStatus, Decision } from './approval.states.js';

export interface ApprovalState {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly userId: string;
  readonly kind: ApprovalKind;
  /** The tool call that waits for the decision, or the call that proposed the plan. */
  readonly callId: string;
  /** Which execution of the call it allows: above 1 where a client that has lost its claim may have begun it. */
  readonly attempt: number;
  /** Set for plans only. */
  readonly planId: string | null;
  readonly toolName: string;
  /** One line that names what is to be approved. */
  readonly subject: string;
  /** Set for tool calls only: the arguments that the model gave. */
  readonly arguments: JsonObject | null;
  /** What the client checks before it changes the file, as it is told; null where it checks nothing. */
  readonly guard: { readonly expected_hash: string | null; readonly after?: string } | null;
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
  /** What may be offered to be remembered; null for plans, and where an older version asked. */
  readonly suggestions: readonly RememberWhen[] | null;
  /** Set by an older version only, which allowed the whole tool by it; it counts as an empty `rememberWhen`. */
  readonly remember: boolean;
  /** Which calls need no further approval in this session; null = none. */
  readonly rememberWhen: RememberWhen | null;
  /** When the user took that back. */
  readonly forgottenAt: Date | null;
  readonly decidedAt: Date | null;
  readonly version: number;
}
