import type { Json, ShownMessage } from '@agent-runtime/client';
import { Link } from 'wouter';
import { address } from '../app/address.ts';
import type { CallRecords } from '../session/use-call-records.ts';
import { ChevronIcon, PlanIcon } from '../ui/icons.tsx';
import { PlanProgress } from './plan-progress.tsx';

interface Props {
  call: ShownMessage['toolCalls'][number];
  message: ShownMessage;
  records: CallRecords;
}

/** A plan in the conversation, as it is now: or, where another version has followed, what was proposed. */
export function PlanCard({ call, message, records }: Props) {
  const plan = records.plans.find(({ run_id: runId }) => runId === message.runId);
  const wasChanged = records.statuses.get(call.call_id) === 'rejected';
  const proposed = call.arguments as { title?: Json; subtasks?: Json } | null;
  const title = typeof proposed?.title === 'string' ? proposed.title : 'A plan';
  if (!plan || wasChanged) {
    return (
      <p className="flex items-center gap-2.5 rounded-lg border border-line px-3 py-1.5 text-soft">
        <PlanIcon className="size-4 text-faint" />
        <span className="min-w-0 flex-1 truncate">{title}</span>
        <span className="text-xs text-faint">{wasChanged ? 'not approved in this form' : 'proposed'}</span>
      </p>
    );
  }
  const waits = plan.status === 'review';
  return (
    <Link
      href={address.plan(plan.id)}
      className={`block rounded-xl border bg-panel p-3.5 hover:border-accent ${waits ? 'border-wait-line' : 'border-line'}`}
    >
      <span className="flex items-center gap-2.5 font-medium">
        <PlanIcon className="size-4 text-accent" />
        <span className="min-w-0 flex-1 truncate">{plan.title}</span>
        <span className="flex items-center gap-1 text-accent">
          {waits ? 'Review' : 'Open'} <ChevronIcon className="size-3.5" />
        </span>
      </span>
      <ol className="mt-2 mb-2.5 space-y-0.5 text-soft">
        {plan.subtasks.slice(0, 4).map(({ id, position, title: step }) => (
          <li key={id} className="truncate">
            {position}. {step}
          </li>
        ))}
        {plan.subtasks.length > 4 && <li className="text-faint">and {plan.subtasks.length - 4} more</li>}
      </ol>
      <PlanProgress plan={plan} />
    </Link>
  );
}
