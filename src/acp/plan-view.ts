import type { PlanEntry } from '@agentclientprotocol/sdk';
import type { Plan } from '#client';
import { visible } from '#client/edit';

type Subtask = Plan['subtasks'][number];

const STATUS: Readonly<Record<Subtask['status'], PlanEntry['status']>> = {
  pending: 'pending',
  running: 'in_progress',
  done: 'completed',
  failed: 'completed',
  skipped: 'completed',
};

/** Each version of a plan is a question of its own. */
export const planCallId = ({ id, version }: Pick<Plan, 'id' | 'version'>): string => `plan:${id}:${version}`;

/** The protocol knows no failed step: the text says it. */
export const entryOf = ({ title, status }: Pick<Subtask, 'title' | 'status'>): PlanEntry => ({
  content: visible(status === 'failed' || status === 'skipped' ? `${title} (${status})` : title),
  priority: 'medium',
  status: STATUS[status],
});

export function planText({ title, version, description, subtasks }: Plan): string {
  const steps = subtasks.map(
    ({ position, title: step, agent, description: what }) =>
      `${position}. **${step}** (${agent})\n   ${what}`,
  );
  const parts = [`## ${title}`, version > 1 ? `Version ${version}` : '', description, steps.join('\n')];
  return visible(parts.filter(Boolean).join('\n\n'));
}
