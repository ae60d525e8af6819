import type { Approval } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { address } from '../app/address.ts';
import { plan as planQuery, queryClient, session as sessionQuery } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { ApprovalCard, type CardActions } from '../approvals/approval-card.tsx';
import { PlanQuestion } from '../plan/plan-question.tsx';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { Ago } from '../ui/time.tsx';
import type { Waiting } from './use-waiting.ts';

interface Props {
  item: Waiting;
  isCurrent: boolean;
  onFocus: () => void;
  actions: RefObject<CardActions | null> | null;
}

export function InboxItem({ item, isCurrent, onFocus, actions }: Props) {
  const { data: session } = useQuery(sessionQuery(item.sessionId));
  const frame = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isCurrent) frame.current?.scrollIntoView({ block: 'nearest' });
  }, [isCurrent]);
  return (
    <li
      ref={frame}
      onFocus={onFocus}
      aria-current={isCurrent}
      className={`-ml-4 scroll-my-6 border-l-2 pl-3.5 ${isCurrent ? 'border-accent' : 'border-transparent'}`}
    >
      <p className="mb-1.5 flex items-center gap-2 text-xs">
        <Link
          href={address.session(item.sessionId)}
          className="min-w-0 truncate rounded font-medium text-soft hover:text-ink hover:underline"
        >
          {session ? session.title || 'New session' : '…'}
        </Link>
        <span className="text-faint">·</span>
        <Ago at={item.since} className="shrink-0 text-faint" />
      </p>
      <Body item={item} actions={actions} />
    </li>
  );
}

function Body({ item, actions }: Pick<Props, 'item' | 'actions'>) {
  switch (item.kind) {
    case 'approval':
      return item.approval.kind === 'plan' ? (
        <PlanReview approval={item.approval} actions={actions} />
      ) : (
        <ApprovalCard approval={item.approval} actions={actions ?? undefined} />
      );
    case 'failed_plan':
      return <FailedPlan item={item} />;
    case 'calls':
      return (
        <div className="rounded-xl border border-line bg-panel p-3.5">
          <h2 className="font-medium">
            {item.calls === 1 ? 'A tool call waits' : `${item.calls} tool calls wait`} for an IDE
          </h2>
          <p className="mt-0.5 mb-3 text-soft">
            Nothing executes them at the moment. Open the session to lend it a folder or answer by hand, or
            connect an IDE.
          </p>
          <Link href={address.session(item.sessionId)} className="font-medium text-accent hover:underline">
            Open the session
          </Link>
        </div>
      );
  }
}

function PlanReview({ approval, actions }: { approval: Approval; actions: Props['actions'] }) {
  const { data: plan } = useQuery(planQuery(approval.plan_id ?? ''));
  return plan ? <PlanQuestion approval={approval} plan={plan} actions={actions ?? undefined} /> : null;
}

function FailedPlan({ item: { plan } }: { item: Extract<Waiting, { kind: 'failed_plan' }> }) {
  const act = useMutation({
    mutationFn: (what: 'retry' | 'cancel') => runtime.plans[what](plan.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['plans'] }),
  });
  const failed = plan.subtasks.find(({ status }) => status === 'failed');
  return (
    <div className="rounded-xl border border-line bg-panel p-3.5">
      <h2 className="font-medium">
        <Link href={address.plan(plan.id)} className="hover:underline">
          {plan.title}
        </Link>{' '}
        <span className="text-bad">has failed</span>
      </h2>
      <p className="mt-0.5 mb-3 text-soft wrap-anywhere">
        {failed
          ? `Step ${failed.position}, ${failed.title}: ${failed.error?.message ?? 'no reason given'}`
          : 'Its run has ended.'}
      </p>
      <Fault error={act.error} className="mb-3" />
      <div className="flex gap-2">
        <Button kind="primary" disabled={act.isPending} onClick={() => act.mutate('retry')}>
          Try again
        </Button>
        <Button disabled={act.isPending} onClick={() => act.mutate('cancel')}>
          Give it up
        </Button>
      </div>
    </div>
  );
}
