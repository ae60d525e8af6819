import { clip } from '../../../shared/domain/clip.js';
import { PlanState, Subtask } from '../../plans/index.js';

/** Characters of each earlier result that are passed on. */
const LONGEST_RESULT = 20_000;

/** Everything an agent is told of the plan for one subtask. */
export function briefOf(plan: PlanState, subtask: Subtask): string {
  const needed = plan.subtasks.filter(({ id }) => subtask.dependencies.includes(id));
  const parts = [
    'You carry out one subtask of a plan that the developer has approved. Do this subtask and nothing else.',
    `The plan: ${plan.title}\n${plan.description}`,
    ...(plan.feedback ? [`The developer said with the approval: ${plan.feedback}`] : []),
    `Your subtask, ${subtask.position} of ${plan.subtasks.length}: ${subtask.title}\n${subtask.description}`,
    ...needed.map(
      ({ position, title, result }) =>
        `Result of subtask ${position}, ${title}:\n${clip(result ?? '', LONGEST_RESULT)}`,
    ),
    ...(subtask.error
      ? [
          `An earlier attempt failed: ${subtask.error.message}. Look at what is done already, and go on from there.`,
        ]
      : []),
  ];
  return parts.join('\n\n');
}
