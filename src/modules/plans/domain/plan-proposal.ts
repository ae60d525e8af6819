import { FieldFault } from '../../../shared/domain/domain-error.js';

/** An architect's proposal, as the model wrote it and not yet checked. */
export interface PlanProposal {
  readonly title: string;
  readonly description: string;
  readonly subtasks: readonly ProposedSubtask[];
}

export interface ProposedSubtask {
  readonly title: string;
  readonly description: string;
  readonly agent: string;
  readonly estimatedMinutes: number | null;
  /** Indexes of earlier subtasks in the proposal, from 0. */
  readonly dependencies: readonly number[];
}

/** All faults in the agents and dependencies of the subtasks; empty if the plan can be executed. */
export function faultsOf(subtasks: readonly ProposedSubtask[], agents: readonly string[]): FieldFault[] {
  return subtasks.flatMap((subtask, index) => {
    const place = `subtasks.${index}`;
    const faults = subtask.dependencies.map((on) => faultOfDependency(subtasks, index, on));
    return [
      ...(agents.includes(subtask.agent)
        ? []
        : [{ field: `${place}.agent`, message: `must be one of ${agents.join(', ')}` }]),
      ...faults
        .filter((message) => message !== undefined)
        .map((message) => ({ field: `${place}.dependencies`, message })),
    ];
  });
}

function faultOfDependency(
  subtasks: readonly ProposedSubtask[],
  index: number,
  on: number,
): string | undefined {
  if (!subtasks[on]) return `there is no subtask ${on}; they are counted from 0`;
  if (on === index) return `subtask ${index} cannot depend on itself`;
  if (on < index) return undefined;
  return leadsTo(subtasks, on, index)
    ? `subtasks ${index} and ${on} depend on each other: a cycle`
    : `subtask ${on} comes later; a subtask may depend on earlier ones only`;
}

/** Whether subtask `from` depends on `to`, directly or indirectly. */
function leadsTo(subtasks: readonly ProposedSubtask[], from: number, to: number): boolean {
  const seen = new Set([from]);
  for (const index of seen) subtasks[index]?.dependencies.forEach((on) => seen.add(on));
  return seen.has(to);
}
