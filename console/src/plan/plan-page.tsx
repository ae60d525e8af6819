import type { PlanRecord } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { address } from '../app/address.ts';
import { pendingApprovals, plan as planQuery, session as sessionQuery, wordsOf } from '../app/queries.ts';
import { BackLink } from '../ui/back-link.tsx';
import { Empty } from '../ui/empty.tsx';
import { Markdown } from '../ui/markdown.tsx';
import { Page } from '../ui/page.tsx';
import { Working } from '../ui/working.tsx';
import { PlanActions } from './plan-actions.tsx';
import { PlanHistory } from './plan-history.tsx';
import { PlanProgress } from './plan-progress.tsx';
import { PlanReview } from './plan-review.tsx';
import { PlanStep } from './plan-step.tsx';
import { PlanVersions } from './plan-versions.tsx';

/** A plan: its review, then its execution, at the same address. */
export function PlanPage() {
  const { id } = useParams<{ id: string }>();
  const { data: plan, error } = useQuery(planQuery(id));
  if (error)
    return (
      <Empty isPage title="The plan cannot be shown">
        {wordsOf(error)}
      </Empty>
    );
  if (!plan) return <Working className="m-8">Loading the plan</Working>;
  return <PlanView key={`${plan.id}.${plan.version}`} plan={plan} />;
}

function PlanView({ plan }: { plan: PlanRecord }) {
  const { data: session } = useQuery(sessionQuery(plan.session_id));
  const { data: approvals } = useQuery(pendingApprovals);
  const approval = approvals?.find(({ plan_id: id }) => id === plan.id);
  const isReviewed = plan.status === 'review' && approval !== undefined;
  const minutes = plan.subtasks.reduce((sum, { estimated_minutes: estimate }) => sum + (estimate ?? 0), 0);
  return (
    <Page
      title={
        <>
          <BackLink to={address.session(plan.session_id)}>{session?.title || 'Session'}</BackLink>
          <br />
          {plan.title}
        </>
      }
      about={
        <p className="text-xs">
          Version {plan.version}
          {minutes > 0 && <> · about {minutes} min</>}
        </p>
      }
      actions={<PlanActions plan={plan} />}
    >
      <div className="max-w-sm">
        <PlanProgress plan={plan} />
      </div>
      {plan.description && (
        <div className="mt-5 text-soft">
          <Markdown text={plan.description} />
        </div>
      )}
      {isReviewed ? (
        <PlanReview plan={plan} approval={approval} />
      ) : (
        <>
          <h2 className="mt-8 mb-3 font-semibold">Steps</h2>
          <ol className="space-y-2.5">
            {plan.subtasks.map((step) => (
              <PlanStep key={step.id} step={step} plan={plan} />
            ))}
          </ol>
        </>
      )}
      {plan.status === 'draft' && <Working className="mt-6">The architect is at work on it</Working>}
      <PlanVersions plan={plan} />
      <PlanHistory plan={plan} />
    </Page>
  );
}
