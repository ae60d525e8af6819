import type { Approval, PlanRecord, ShownMessage } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { sessionApprovals, sessionPlans } from '../app/queries.ts';
import type { CallStatus } from './session-calls.ts';
import type { Shown } from './session-store.ts';
import { textBefore } from './text-before.ts';

/** What is known of the tool calls of a session, beside the messages that made them. */
export interface CallRecords {
  readonly sessionId: string;
  readonly statuses: ReadonlyMap<string, CallStatus>;
  readonly answers: ReadonlyMap<string, ShownMessage>;
  readonly claims: ReadonlyMap<string, string>;
  /** The newest question about a call. */
  readonly approvals: ReadonlyMap<string, Approval>;
  readonly plans: readonly PlanRecord[];
  /** Of a path: its text as this session has last read or written it before a call. */
  readonly before: (path: string, callId: string) => string | undefined;
}

type Source = Pick<Shown, 'messages' | 'answers' | 'calls' | 'claims' | 'cut'>;

export function useCallRecords(sessionId: string, shown: Source): CallRecords {
  const list = useQuery(sessionApprovals(sessionId)).data;
  const plans = useQuery(sessionPlans(sessionId)).data;
  const { calls, answers, messages, claims, cut } = shown;
  return useMemo(() => {
    // The list begins with the newest one.
    const approvals = new Map(list?.toReversed().flatMap((one) => (one.call_id ? [[one.call_id, one]] : [])));
    return {
      sessionId,
      statuses: calls,
      answers,
      claims,
      approvals,
      plans: plans ?? [],
      before: (path, callId) => textBefore({ messages, answers, calls, cut }, approvals, path, callId),
    };
  }, [sessionId, list, plans, calls, answers, messages, claims, cut]);
}
