import { clip } from '../../../../shared/domain/clip.js';
import { PlanState, Subtask } from '../../../plans/index.js';

/** Characters of each result in the summary; the plan has the whole text. */
const LONGEST_RESULT = 2_000;

const ENDS: Readonly<Partial<Record<PlanState['status'], string>>> = {
  completed: 'is carried out',
  failed: 'has failed',
  cancelled: 'was cancelled',
};

/** The results of a plan, in the words of its agents. */
export function summarise(plan: PlanState): string {
  const done = plan.subtasks.filter(({ status }) => status === 'done').length;
  const end = ENDS[plan.status] ?? 'has ended';
  const head = `The plan “${plan.title}” ${end}: ${done} of ${plan.subtasks.length} subtasks done.`;
  return [head, ...plan.subtasks.map(summariseSubtask)].join('\n\n');
}

function summariseSubtask({ position, title, agent, status, result, error }: Subtask): string {
  const outcome = status === 'done' ? (result ?? '') : status === 'failed' ? (error?.message ?? '') : '';
  const what = `${position}. ${title} (${agent}): ${status}`;
  return outcome === '' ? what : `${what}\n${clip(outcome, LONGEST_RESULT)}`;
}
