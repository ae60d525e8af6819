import { ToolSource } from '../../../shared/domain/tool-source.js';
import { ToolErrorCode } from '../domain/tool-call.states.js';

export const RECOVERY_OUTCOMES = ['recovered', 'handed_over', 'exhausted'] as const;

export type RecoveryOutcome = (typeof RECOVERY_OUTCOMES)[number];

/** What became of a claim that a client asked for, or had. */
export const CLAIM_OUTCOMES = ['granted', 'renewed', 'refused', 'released', 'lapsed'] as const;

export type ClaimOutcome = (typeof CLAIM_OUTCOMES)[number];

/** The part of a tool call that a metric counts it by. */
export interface CalledTool {
  readonly toolName: string;
  /** Unset = built in. */
  readonly source?: ToolSource | undefined;
}

/** Metrics of runs that do not come from their events. */
export abstract class RunMetrics {
  /** The number of runs that this process executes. */
  abstract active(runs: number): void;
  /** A run of a dead process was taken over. */
  abstract recovered(outcome: RecoveryOutcome): void;
  /** A client could not do what a tool was asked for. @param code undefined where it gave none */
  abstract toolFailed(tool: CalledTool, code: ToolErrorCode | undefined): void;
  /** A model is asked again after a call that failed with this code. */
  abstract retried(model: string, code: string): void;
  /** The runtime's share of the time to the first text, without that of the model. */
  abstract addedToFirstToken(seconds: number): void;
  abstract claim(outcome: ClaimOutcome): void;
}
