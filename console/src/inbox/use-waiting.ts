import type { Approval, OpenToolCall, PlanRecord, Run } from '@agent-runtime/client';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useNow } from '../ui/time.tsx';
import { failedPlans, openCalls, pendingApprovals, waitingRuns } from '../app/queries.ts';

/** Something that waits for the user, in any session. */
export type Waiting = { readonly id: string; readonly sessionId: string; readonly since: string } & (
  | { readonly kind: 'approval'; readonly approval: Approval }
  | { readonly kind: 'failed_plan'; readonly plan: PlanRecord }
  /** Calls that no client executes, for a while. */
  | { readonly kind: 'calls'; readonly run: Run; readonly calls: number }
);

/** A client that is there claims a call at once, or answers it soon. */
const PATIENCE_MS = 20_000;
/** Runs whose calls are looked at. */
const ASKED = 20;

/** All that waits for the user, newest first. */
export function useWaiting() {
  const approvals = useQuery(pendingApprovals);
  const plans = useQuery(failedPlans);
  const runs = useQuery(waitingRuns);
  const late = useLate(runs.data);
  const calls = useQueries({ queries: late.map(({ session_id: id }) => openCalls(id)), combine: joined });
  const items = useMemo(
    () => listOf(approvals.data ?? [], plans.data ?? [], late, calls),
    [approvals.data, plans.data, late, calls],
  );
  return {
    items,
    isPending: approvals.isPending || plans.isPending || runs.isPending,
    error: approvals.error ?? plans.error ?? runs.error,
  };
}

const joined = (results: readonly { data: OpenToolCall[] | undefined }[]): OpenToolCall[] =>
  results.flatMap(({ data }) => data ?? []);

/** The newest runs that wait for tools, and not since just now. */
function useLate(runs: readonly Run[] | undefined): readonly Run[] {
  const now = useNow(PATIENCE_MS / 4);
  return useMemo(() => {
    const waiting = (runs ?? []).filter(({ waiting_for: waits }) =>
      waits.some(({ kind }) => kind === 'tool_result'),
    );
    const since = (run: Run) => Date.parse(run.started_at ?? run.created_at);
    return waiting.filter((run) => now - since(run) > PATIENCE_MS).slice(0, ASKED);
  }, [runs, now]);
}

function listOf(
  approvals: readonly Approval[],
  plans: readonly PlanRecord[],
  late: readonly Run[],
  open: readonly OpenToolCall[],
): Waiting[] {
  const items: Waiting[] = [];
  for (const approval of approvals) {
    const { id, session_id: sessionId, created_at: since } = approval;
    items.push({ kind: 'approval', id, sessionId, since, approval });
  }
  for (const plan of plans) {
    items.push({
      kind: 'failed_plan',
      id: plan.id,
      sessionId: plan.session_id,
      since: plan.updated_at,
      plan,
    });
  }
  for (const run of late) {
    const calls = open.filter(
      ({ run_id: id, status, client_id: holder }) =>
        id === run.id && status === 'requested' && holder === null,
    ).length;
    if (calls > 0) {
      items.push({ kind: 'calls', id: run.id, sessionId: run.session_id, since: run.created_at, run, calls });
    }
  }
  return items.toSorted((a, b) => b.since.localeCompare(a.since));
}
