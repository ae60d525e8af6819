import { Link } from 'wouter';
import { address } from '../app/address.ts';
import { lengthOf, useNow } from '../ui/time.tsx';
import { BY_HAND } from './answer-by-hand.tsx';
import type { FinishedRun } from './session-runs.ts';
import type { Shown } from './session-store.ts';

const PHASES: Readonly<Record<string, string>> = {
  classify: 'Looking at the task',
  plan_required: 'This needs a plan',
  architect_planning: 'Planning',
  plan_review: 'The plan waits for you',
  plan_execution: 'Carrying out the plan',
  execution: 'Working',
  error_handling: 'Something went wrong',
};

const ENDS: Readonly<Record<string, string>> = {
  failed: 'This run has failed.',
  cancelled: 'You stopped this run.',
  interrupted: 'The server was stopped while it worked on this.',
  model_call_limit: 'This run has used up its model calls.',
};

interface Props {
  run: Shown['activeRun'];
  last: FinishedRun | null;
  claims: Shown['claims'];
}

/** What the active run does, and since when; or how the last one has failed. */
export function RunLine({ run, last, claims }: Props) {
  if (run) return <Active run={run} claims={claims} />;
  if (!last || last.status === 'completed') return null;
  return (
    <p role="status" className="mt-5 rounded-lg bg-bad-wash px-3 py-2 text-bad wrap-anywhere">
      {ENDS[last.status] ?? last.status} {last.error}{' '}
      <Link href={address.run(last.id)} className="underline underline-offset-2">
        Timeline
      </Link>
    </p>
  );
}

function Active({ run, claims }: { run: NonNullable<Shown['activeRun']>; claims: Shown['claims'] }) {
  const age = useNow() - Date.parse(run.created_at);
  const waits = run.status === 'waiting' ? waitOf(run.waiting_for, claims) : undefined;
  return (
    <p role="status" className="mt-5 flex items-center gap-2 text-xs text-faint">
      <span
        aria-hidden="true"
        className={`size-1.5 rounded-full ${waits ? 'bg-wait' : 'animate-[breathe_1.2s_infinite] bg-accent'}`}
      />
      {waits ?? PHASES[run.phase] ?? 'Working'}
      {age > 1_000 && <span className="tabular-nums">{lengthOf(age)}</span>}
    </p>
  );
}

function waitOf(waiting: readonly { kind: string; id: string }[], claims: Shown['claims']): string {
  const kinds = new Set(waiting.map(({ kind }) => kind));
  if (kinds.has('approval')) return 'Waits for your decision';
  if (kinds.has('plan_decision')) return 'The plan waits for your decision';
  if (waiting.some(({ id }) => claims.get(id) === BY_HAND)) return 'Waits for your answer';
  return waiting.every(({ id }) => claims.has(id)) ? 'Tools are at work' : 'Waits for an IDE';
}
