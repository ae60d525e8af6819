import { RunState } from '../../domain/run.js';

/** How a step of a run ended. */
export interface StepEnd {
  /** `completed`, `stopped` where the run had to stop, or why it came to nothing: the code of an error. */
  readonly outcome: string;
  /** The run after it, where that is known. */
  readonly run?: RunState | undefined;
  /** How long the step has waited for the model, where that is known. */
  readonly modelMs?: number;
}

export const COMPLETED: StepEnd = { outcome: 'completed' };
export const STOPPED: StepEnd = { outcome: 'stopped' };
/** The run was not allowed another model call. */
export const OUT_OF_CALLS: StepEnd = { outcome: 'run.model_call_limit' };
