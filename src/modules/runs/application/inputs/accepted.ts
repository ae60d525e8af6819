import { ApprovalState } from '../../../approvals/index.js';
import { NewMessage } from '../../../conversations/index.js';
import { PlanRecord } from '../../../plans/index.js';
import { RunState } from '../../domain/run-state.js';

/** The result of an input. */
export interface Accepted {
  /** Null if the input starts no run. */
  readonly run: RunState | null;
  readonly message?: NewMessage | undefined;
  /** Of a message that waits for the active run: its id. */
  readonly steerId?: string | undefined;
  /** Of a decision: the decided approval. */
  readonly approval?: ApprovalState;
  /** Of an input about a plan: the plan. */
  readonly plan?: PlanRecord;
  /** The cursor before this input: a reader that starts here gets all its events. */
  readonly lastEventId: number;
  /** Of an input that starts no run: its own last event, or `lastEventId` if it has none. */
  readonly endEventId?: number;
  /** The same input was accepted before; this is its first result. */
  readonly repeated: boolean;
}
