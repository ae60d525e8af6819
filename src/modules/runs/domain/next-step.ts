import { RunState } from './run-state.js';

/** The next step of a run; `rest`: there is nothing to do for the runtime. */
export type Step = 'classify' | 'ask_model' | 'advance_plan' | 'rest';

/** @param subtaskRunning whether a subtask of the executed plan is running */
export function nextStep(
  { status, phase }: Pick<RunState, 'status' | 'phase'>,
  subtaskRunning: boolean,
): Step {
  if (status !== 'running') return 'rest';
  if (phase === 'classify') return 'classify';
  if (phase === 'plan_execution') return subtaskRunning ? 'ask_model' : 'advance_plan';
  return phase === 'execution' || phase === 'architect_planning' ? 'ask_model' : 'rest';
}
