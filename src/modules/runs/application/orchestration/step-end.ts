import { RunState } from '../../domain/run-state.js';

/** How a step of a run ended. */
export interface StepEnd {
  /** `completed`, `stopped`, or the error code of a failed step. */
  readonly outcome: string;
  /** The run after the step, if known. */
  readonly run?: RunState | undefined;
  /** How long the step has waited for the model, if known. */
  readonly modelMs?: number;
}

export const COMPLETED: StepEnd = { outcome: 'completed' };
export const STOPPED: StepEnd = { outcome: 'stopped' };
/** The run has reached its limit of model calls. */
export const OUT_OF_CALLS: StepEnd = { outcome: 'run.model_call_limit' };
