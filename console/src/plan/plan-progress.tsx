import type { Plan } from '@agent-runtime/client';
import { Status } from '../ui/status.tsx';

/** How far a plan is. */
export function PlanProgress({ plan }: { plan: Pick<Plan, 'status' | 'progress'> }) {
  const { done, failed, total } = plan.progress;
  const begun = plan.status === 'executing' || plan.status === 'completed' || plan.status === 'failed';
  return (
    <div className="mt-1.5">
      <p className="flex items-center justify-between text-xs">
        <Status status={plan.status} />
        <span className="text-faint tabular-nums">
          {begun ? `${done} of ${total} done` : `${total} ${total === 1 ? 'step' : 'steps'}`}
        </span>
      </p>
      {begun && (
        <div className="mt-2 flex h-1.5 overflow-hidden rounded-full bg-line" aria-hidden="true">
          <span className="bg-good" style={{ width: `${(done / total) * 100}%` }} />
          <span className="bg-bad" style={{ width: `${(failed / total) * 100}%` }} />
        </div>
      )}
    </div>
  );
}
