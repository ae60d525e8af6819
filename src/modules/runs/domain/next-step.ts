import { RunState } from './run.js';

/** What a run needs next; `rest`: nothing that the runtime could do. */
export type Step = 'classify' | 'ask_model' | 'rest';

export function nextStep({ status, phase }: Pick<RunState, 'status' | 'phase'>): Step {
  if (status !== 'running') return 'rest';
  if (phase === 'classify') return 'classify';
  return phase === 'execution' || phase === 'architect_planning' ? 'ask_model' : 'rest';
}
