import type { PlanRecord } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { plan as planQuery, queryClient } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';

const CANCELLABLE = new Set(['draft', 'approved', 'executing', 'failed']);

/** What can be done with a plan outside of its review. */
export function PlanActions({ plan }: { plan: PlanRecord }) {
  const act = useMutation({
    mutationFn: (what: 'retry' | 'cancel') => runtime.plans[what](plan.id),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: planQuery(plan.id).queryKey }),
        queryClient.invalidateQueries({ queryKey: ['plans'] }),
      ]),
  });
  return (
    <div className="flex flex-wrap gap-2">
      {plan.status === 'failed' && (
        <Button kind="primary" disabled={act.isPending} onClick={() => act.mutate('retry')}>
          Try again
        </Button>
      )}
      {CANCELLABLE.has(plan.status) && (
        <Button kind="danger" disabled={act.isPending} onClick={() => act.mutate('cancel')}>
          Cancel the plan
        </Button>
      )}
      <Fault error={act.error} />
    </div>
  );
}
