import { approvalStatus } from '../../../src/modules/approvals/domain/approval.states.js';
import { jobStatus } from '../../../src/modules/jobs/domain/job.states.js';
import { planStatus } from '../../../src/modules/plans/domain/plan.states.js';
import { subtaskStatus } from '../../../src/modules/plans/domain/subtask.states.js';
import { runPhase } from '../../../src/modules/runs/domain/run-phase.states.js';
import { runStatus } from '../../../src/modules/runs/domain/run.states.js';
import { toolCallStatus } from '../../../src/modules/runs/domain/tool-call.states.js';
import { StateMachine } from '../../../src/shared/domain/state-machine.js';

/** Every state machine of the product. */
export const STATE_MACHINES = {
  'run status': runStatus,
  'run phase': runPhase,
  'tool call': toolCallStatus,
  approval: approvalStatus,
  plan: planStatus,
  subtask: subtaskStatus,
  job: jobStatus,
} as const;

/** From left to right up to this number of states; a larger diagram would be scaled down until its texts cannot be read. */
const WIDEST = 8;

/** A mermaid diagram with a line for each state that has actions; actions that lead to one state share an edge. */
export function flowchart<State extends string, Action extends string>(
  machine: StateMachine<State, Action>,
): string {
  const states = Object.keys(machine.transitions) as State[];
  const lines = states
    .filter((state) => !machine.isFinal(state))
    .map((state) => {
      const byTarget = Map.groupBy(machine.actions(state), (action) => machine.next(state, action));
      return [...byTarget]
        .map(([target, actions]) => `${state} -->|${actions.join(' / ')}| ${target}`)
        .join('; ');
    });
  const direction = states.length > WIDEST ? 'TB' : 'LR';
  return ['```mermaid', `flowchart ${direction}`, ...lines.map((line) => `  ${line}`), '```'].join('\n');
}
