import type { PlanRecord } from '@agent-runtime/client';
import { Ago } from '../ui/time.tsx';

type Action = PlanRecord['history'][number]['action'];

const WORDS: Readonly<Record<Action, string>> = {
  create: 'wrote it',
  submit: 'proposed it',
  approve: 'approved it',
  reject: 'rejected it',
  request_changes: 'asked for changes',
  start: 'began with it',
  complete: 'completed it',
  fail: 'has failed',
  retry: 'tried again',
  cancel: 'cancelled it',
};

/** What became of a plan: who did what, when, and why. */
export function PlanHistory({ plan }: { plan: PlanRecord }) {
  return (
    <section className="mt-10">
      <h2 className="mb-3 font-semibold">History</h2>
      <ol className="space-y-2.5 border-l border-line pl-4">
        {plan.history.map(({ action, version, decided_by: by, reason, created_at: at }, index) => (
          <li key={`${at}.${index}`} className="relative">
            <span
              aria-hidden="true"
              className="absolute top-1.5 -left-[19.5px] size-1.5 rounded-full bg-line-strong"
            />
            <p>
              <span className="font-medium">{by}</span> {WORDS[action]}
              <span className="text-faint"> · version {version} · </span>
              <Ago at={at} className="text-faint" />
            </p>
            {reason && <p className="mt-0.5 whitespace-pre-wrap text-soft wrap-anywhere">{reason}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
