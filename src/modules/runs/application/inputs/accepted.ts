import { ApprovalState } from '../../../approvals/index.js';
import { NewMessage } from '../../../conversations/index.js';
import { PlanRecord } from '../../../plans/index.js';
import { RunState } from '../../domain/run.js';

/** What an input has led to. */
export interface Accepted {
  /** Null where the input sets no run in motion. */
  readonly run: RunState | null;
  readonly message?: NewMessage | undefined;
  /** Of a decision: what was decided. */
  readonly approval?: ApprovalState;
  /** Of what is done with a plan: the plan. */
  readonly plan?: PlanRecord;
  /** The cursor before this input: whoever reads on from here misses nothing of it. */
  readonly lastEventId: number;
  /** Of what sets no run in motion: its own last event, or `lastEventId` where it has none. */
  readonly endEventId?: number;
  /** The same input had been taken before; this is what it led to then. */
  readonly repeated: boolean;
}
