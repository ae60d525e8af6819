import { JsonValue } from '../../../shared/domain/json.js';
import { ToolSource } from '../../../shared/domain/tool-source.js';
import { ToolCallStatus } from './tool-call.states.js';

/** What the client checks before it changes a file. */
export interface FileGuard {
  /** The hash that the file must have; null = the file must not exist, since the model has not seen it. */
  readonly expectedHash: string | null;
  /** The previous call of the same reply that changes the file; the hash in its result is then expected. Null = none. */
  readonly after: string | null;
}

export interface ToolCallState {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly messageId: string;
  /** The subtask of a plan that the call belongs to. */
  readonly subtaskId: string | null;
  readonly agent: string;
  /** As the model wrote it; a tool of that name may not exist. */
  readonly toolName: string;
  readonly source: ToolSource;
  /** The time for the client's answer, as its tool declares it; null = the setting. */
  readonly timeoutSeconds: number | null;
  /** The arguments to execute. */
  readonly arguments: JsonValue;
  /** Whether the user changed the arguments before approving the call. */
  readonly edited: boolean;
  /** The user's feedback with the approval. */
  readonly feedback: string | null;
  readonly status: ToolCallStatus;
  /** The deadline for the client's answer; null before the call is requested. */
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
  /** The hash of the client's answer; null without an answer, or with one that an earlier release stored. */
  readonly outcomeHash: Uint8Array | null;
  /** Null for calls that change no file, and in sessions without file hashes. */
  readonly guard: FileGuard | null;
  /** The last client that claimed it, even if the claim has ended; null = none. */
  readonly claimedBy: string | null;
  /** When the claim lapses unless it is renewed; null = no client holds one. */
  readonly claimExpiresAt: Date | null;
  /** The number of executions: 1, plus one for each claim that ended without an answer. */
  readonly attempt: number;
}

export type NewToolCall = Pick<
  ToolCallState,
  'id' | 'sessionId' | 'runId' | 'messageId' | 'subtaskId' | 'agent' | 'toolName' | 'arguments' | 'createdAt'
> &
  Partial<Pick<ToolCallState, 'source' | 'timeoutSeconds'>>;

/** A call that the client does not know yet. */
export const newToolCall = (given: NewToolCall): ToolCallState => ({
  source: 'builtin',
  timeoutSeconds: null,
  ...given,
  edited: false,
  feedback: null,
  status: 'awaiting_approval',
  deadlineAt: null,
  settledAt: null,
  outcomeHash: null,
  guard: null,
  claimedBy: null,
  claimExpiresAt: null,
  attempt: 1,
});

/** The form in events for clients. */
export const toGuardView = ({ expectedHash, after }: FileGuard) => ({
  expected_hash: expectedHash,
  ...(after && { after }),
});
