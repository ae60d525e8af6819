import type { Approval, PlanRecord } from '@agent-runtime/client';
import { useState } from 'react';
import { useDecision } from '../approvals/use-decision.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { TimeLeft } from '../ui/time.tsx';
import { feedbackOf } from './feedback.ts';
import { PlanStep } from './plan-step.tsx';

const OF_ALL = 0;

/** The steps with a place for a comment at each, and the decision on all of them. */
export function PlanReview({ plan, approval }: { plan: PlanRecord; approval: Approval }) {
  const [comments, setComments] = useState<Readonly<Record<number, string>>>({});
  const decision = useDecision(approval.id);
  const feedback = feedbackOf(comments);
  const decide = (what: 'approve' | 'reject' | 'modify') =>
    decision.mutate({ decision: what, version: plan.version, ...(feedback && { feedback }) });
  const comment = (position: number) => (text: string) => setComments({ ...comments, [position]: text });

  return (
    <>
      <h2 className="mt-8 mb-3 font-semibold">Steps</h2>
      <ol className="space-y-2.5">
        {plan.subtasks.map((step) => (
          <PlanStep key={step.id} step={step} plan={plan}>
            <Comment
              label={`Comment on step ${step.position}`}
              text={comments[step.position] ?? ''}
              onChange={comment(step.position)}
            />
          </PlanStep>
        ))}
      </ol>
      <div className="sticky bottom-0 -mx-4 mt-6 border-t border-line bg-panel/95 px-4 py-4 backdrop-blur sm:-mx-6 sm:px-6">
        <Comment label="On the whole plan" text={comments[OF_ALL] ?? ''} onChange={comment(OF_ALL)} />
        <Fault error={decision.error} className="mt-3" />
        <div className="mt-3 flex flex-wrap items-center gap-2">
          <Button kind="primary" disabled={decision.isPending} onClick={() => decide('approve')}>
            {feedback ? 'Approve with comments' : 'Approve'}
          </Button>
          <Button
            disabled={decision.isPending || !feedback}
            title={feedback ? undefined : 'Write what is to be changed first'}
            onClick={() => decide('modify')}
          >
            Request changes
          </Button>
          <Button kind="danger" disabled={decision.isPending} onClick={() => decide('reject')}>
            Reject
          </Button>
          <span className="ml-auto text-xs text-faint tabular-nums">
            <TimeLeft until={approval.expires_at} />
          </span>
        </div>
      </div>
    </>
  );
}

/** A field as small as what is in it, so that the plan can be read between the fields. */
function Comment({
  label,
  text,
  onChange,
}: {
  label: string;
  text: string;
  onChange: (text: string) => void;
}) {
  return (
    <label className="mt-2 block">
      <span className="sr-only">{label}</span>
      <textarea
        value={text}
        rows={1}
        maxLength={4_000}
        placeholder={label}
        onChange={(event) => onChange(event.target.value)}
        className="block min-h-8 w-full resize-none rounded-lg border border-transparent bg-sunken px-2.5 py-1.5 [field-sizing:content] placeholder:text-faint focus:border-line-strong focus:bg-panel"
      />
    </label>
  );
}
