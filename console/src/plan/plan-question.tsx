import type { Approval, PlanRecord } from '@agent-runtime/client';
import { type Ref, useImperativeHandle } from 'react';
import { Link, useLocation } from 'wouter';
import { address } from '../app/address.ts';
import type { CardActions } from '../approvals/approval-card.tsx';
import { useDecision } from '../approvals/use-decision.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { PlanIcon } from '../ui/icons.tsx';
import { TimeLeft } from '../ui/time.tsx';

interface Props {
  approval: Approval;
  plan: PlanRecord;
  actions?: Ref<CardActions>;
}

/** A plan in the inbox: its steps at a glance. Comments are written on its page. */
export function PlanQuestion({ approval, plan, actions }: Props) {
  const [, go] = useLocation();
  const decision = useDecision(approval.id);
  const open = () => go(address.plan(plan.id));
  const approve = () =>
    !decision.isPending && decision.mutate({ decision: 'approve', version: plan.version });
  useImperativeHandle(actions, () => ({ approve, edit: open, reject: open }));
  return (
    <div data-approval={approval.id} className="overflow-hidden rounded-xl border border-wait-line bg-panel">
      <div className="flex items-start gap-2.5 bg-wait-wash px-3.5 py-2.5">
        <PlanIcon className="mt-0.5 size-4 text-wait" />
        <h2 className="min-w-0 flex-1 font-medium wrap-anywhere">
          Plan: {plan.title}
          {plan.version > 1 && <span className="font-normal text-soft">, version {plan.version}</span>}
        </h2>
        <span className="text-xs text-soft tabular-nums">
          <TimeLeft until={approval.expires_at} />
        </span>
      </div>
      <div className="space-y-3 p-3.5">
        <ol className="space-y-1">
          {plan.subtasks.map(({ id, position, title, agent }) => (
            <li key={id} className="flex gap-2">
              <span className="w-4 text-right text-faint tabular-nums">{position}</span>
              <span className="min-w-0 flex-1 wrap-anywhere">{title}</span>
              <span className="text-xs text-faint">{agent}</span>
            </li>
          ))}
        </ol>
        <Fault error={decision.error} />
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="primary" disabled={decision.isPending} onClick={approve}>
            Approve
          </Button>
          <Link
            href={address.plan(plan.id)}
            className="inline-flex h-8 items-center rounded-lg border border-line-strong px-3 font-medium hover:bg-sunken"
          >
            Review
          </Link>
        </div>
      </div>
    </div>
  );
}
