import { type OpenToolCall, type PlanRecord, Transcript } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { openCalls } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { MessageRow } from '../session/message-row.tsx';
import { holdersOf } from '../session/holders-of.ts';
import type { CallStatus } from '../session/session-calls.ts';
import { useCallRecords } from '../session/use-call-records.ts';
import { Fault } from '../ui/fault.tsx';
import { Working } from '../ui/working.tsx';
import type { Step } from './step.ts';

const NONE: readonly OpenToolCall[] = [];

/** What was said in one step, as it is stored. */
export function StepConversation({ plan, step }: { plan: PlanRecord; step: Step }) {
  const { data, error } = useQuery({
    queryKey: ['step', plan.id, step.id],
    queryFn: ({ signal }) =>
      runtime.sessions.messages(plan.session_id, { subtask_id: step.id, limit: 200 }, { signal }).all(),
  });
  const { data: open = NONE } = useQuery({
    ...openCalls(plan.session_id),
    enabled: step.status === 'running',
  });
  const shown = useMemo(() => {
    const transcript = new Transcript();
    transcript.load(data ?? []);
    const messages = transcript.messages({ subtaskId: step.id });
    return {
      messages: messages.filter(({ role }) => role !== 'tool'),
      answers: new Map(messages.flatMap((message) => (message.callId ? [[message.callId, message]] : []))),
      cut: new Set(data?.flatMap(({ call_id: id, truncated }) => (id && truncated ? [id] : []))),
      claims: holdersOf(open),
      calls: new Map<string, CallStatus>([
        ...(data ?? []).flatMap(({ call_id: id, call_status: status }) =>
          id && status ? [[id, status] as const] : [],
        ),
        ...open.flatMap(({ call_id: id, status }) => (status === 'requested' ? [[id, status] as const] : [])),
      ]),
    };
  }, [data, open, step.id]);
  const records = useCallRecords(plan.session_id, shown);
  if (error) return <Fault error={error} className="mt-2" />;
  if (!data) return <Working className="mt-2">Loading</Working>;
  return (
    <div className="mt-3 border-l border-line pl-4">
      {shown.messages.map((message, index) => (
        <MessageRow key={message.id} message={message} records={records} isFirstOfSpeaker={index === 0} />
      ))}
    </div>
  );
}
