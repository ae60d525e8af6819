import { RunState } from './run.js';

/** What a run needs next; `rest`: nothing that the runtime could do. */
export type Step = 'classify' | 'ask_model' | 'advance_plan' | 'rest';

/** @param subtaskRunning whether an agent is at work on the plan that the run carries out */
export function nextStep(
  { status, phase }: Pick<RunState, 'status' | 'phase'>,
  subtaskRunning: boolean,
): Step {
  if (status !== 'running') return 'rest';
  if (phase === 'classify') return 'classify';
  if (phase === 'plan_execution') return subtaskRunning ? 'ask_model' : 'advance_plan';
  return phase === 'execution' || phase === 'architect_planning' ? 'ask_model' : 'rest';
}
