import type { PlanRecord } from '@agent-runtime/client';
import type { ReactNode } from 'react';
import { Fault } from '../ui/fault.tsx';
import { ChevronIcon } from '../ui/icons.tsx';
import { Markdown } from '../ui/markdown.tsx';
import { Status } from '../ui/status.tsx';
import { lengthOf, useNow } from '../ui/time.tsx';
import type { Step } from './step.ts';
import { StepConversation } from './step-conversation.tsx';

interface Props {
  step: Step;
  plan: PlanRecord;
  /** Where a comment is written. */
  children?: ReactNode;
}

/** One step of a plan: what is to be done, by which agent, after which others, and what came of it. */
export function PlanStep({ step, plan, children }: Props) {
  const { position, title, description, agent, dependencies, estimated_minutes: minutes, status } = step;
  const after = dependencies
    .map((id) => plan.subtasks.find((other) => other.id === id)?.position)
    .filter((place) => place !== undefined);
  const hasBegun = step.started_at !== null;
  return (
    <li data-step={position} className="rounded-xl border border-line bg-panel p-3.5">
      <div className="flex items-start gap-3">
        <span className="grid size-6 shrink-0 place-items-center rounded-full bg-sunken text-xs font-medium text-soft tabular-nums">
          {position}
        </span>
        <div className="min-w-0 flex-1">
          <h3 className="font-medium wrap-anywhere">{title}</h3>
          <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-faint">
            <span>{agent}</span>
            {minutes !== null && <span>{minutes} min</span>}
            {after.length > 0 && <span>after {after.join(', ')}</span>}
            {step.attempt > 1 && <span>attempt {step.attempt}</span>}
            {hasBegun && <Duration step={step} />}
          </p>
        </div>
        {plan.status !== 'review' && plan.status !== 'draft' && <Status status={status} />}
      </div>
      <div className="mt-2 pl-9">
        <div className="text-soft">
          <Markdown text={description} />
        </div>
        {step.result && (
          <div className="mt-3 border-l-2 border-good/40 pl-3">
            <Markdown text={step.result} />
          </div>
        )}
        {step.error && <Fault error={step.error.message} className="mt-3" />}
        {hasBegun && (
          <details className="mt-3" open={status === 'running'}>
            <summary className="inline-flex items-center gap-1 rounded text-xs text-faint hover:text-ink">
              <ChevronIcon className="size-3 chevron" />
              What was said and done
            </summary>
            <StepConversation plan={plan} step={step} />
          </details>
        )}
        {children}
      </div>
    </li>
  );
}

function Duration({ step: { started_at: from, finished_at: to } }: { step: Step }) {
  const now = useNow();
  return <span className="tabular-nums">{lengthOf((to ? Date.parse(to) : now) - Date.parse(from!))}</span>;
}
