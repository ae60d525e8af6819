import type { ShownMessage } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { Virtualizer } from 'virtua';
import { ApprovalCard } from '../approvals/approval-card.tsx';
import { Button } from '../ui/button.tsx';
import { ArrowDownIcon } from '../ui/icons.tsx';
import { Working } from '../ui/working.tsx';
import { FirstTasks } from './first-tasks.tsx';
import { MessageRow } from './message-row.tsx';
import { RunLine } from './run-line.tsx';
import type { SessionStore, Shown } from './session-store.ts';
import { Suggestions } from './suggestions.tsx';
import { WaitingSteers } from './waiting-steers.tsx';
import { useCallRecords } from './use-call-records.ts';

/** From here on only the rows in sight are in the page; below it the browser finds text in all of them. */
const VIRTUAL = 300;
const NEAR = 80;

export function Conversation({
  sessionId,
  shown,
  store,
}: {
  sessionId: string;
  shown: Shown;
  store: SessionStore;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const older = useMutation({ mutationFn: () => store.loadOlder() });
  const records = useCallRecords(sessionId, shown);
  const messages = shown.messages.filter(({ subtaskId, jobId }) => subtaskId === null && jobId === null);
  const content = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd, onScroll } = useEnd(frame, content, messages[0]?.id);

  const own = new Set(messages.flatMap(({ toolCalls }) => toolCalls.map(({ call_id: id }) => id)));
  // Calls in the steps of a plan are asked about here, too.
  const asked = [...records.approvals.values()].filter(
    ({ status, call_id: id }) => status === 'pending' && !own.has(id ?? ''),
  );

  const rows = messages.map((message, index) => (
    <MessageRow
      key={message.id}
      message={message}
      records={records}
      isFirstOfSpeaker={!isSameSpeaker(message, messages[index - 1])}
    />
  ));
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={frame}
        onScroll={onScroll}
        tabIndex={-1}
        className="h-full overflow-y-auto outline-none [overflow-anchor:auto]"
      >
        <div ref={content} className="mx-auto max-w-3xl px-4 pt-6 pb-8 sm:px-6">
          {shown.hasOlder && (
            <div className="mb-4 text-center">
              <Button kind="quiet" disabled={older.isPending} onClick={() => older.mutate()}>
                {older.isPending ? 'Loading' : 'Show earlier messages'}
              </Button>
            </div>
          )}
          {shown.isLoading && <Working>Loading the conversation</Working>}
          <div role="log" aria-label="Messages" aria-busy={shown.activeRun?.status === 'running'}>
            {rows.length > VIRTUAL ? <Virtualizer scrollRef={frame}>{rows}</Virtualizer> : rows}
          </div>
          {!shown.isLoading && messages.length === 0 && <FirstTasks sessionId={sessionId} />}
          {!shown.activeRun && <Suggestions sessionId={sessionId} last={messages.at(-1)} />}
          {asked.map((approval) => (
            <div key={approval.id} className="mt-5">
              <ApprovalCard approval={approval} before={records.before} />
            </div>
          ))}
          <WaitingSteers sessionId={sessionId} steers={shown.steers} />
          <RunLine run={shown.activeRun} last={shown.lastRun} claims={shown.claims} />
        </div>
      </div>
      {!isAtEnd && (
        <Button
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-float"
        >
          <ArrowDownIcon /> Newest
        </Button>
      )}
    </div>
  );
}

const isSameSpeaker = (message: ShownMessage, before: ShownMessage | undefined): boolean =>
  before?.role === message.role && before.agent === message.agent && before.runId === message.runId;

/**
 * Stays at the end while that is looked at, and where it is otherwise. Rows get their real height only when they come into
 * sight, so the end moves without any message.
 */
function useEnd(
  frame: RefObject<HTMLDivElement | null>,
  content: RefObject<HTMLDivElement | null>,
  first: string | undefined,
) {
  const [isAtEnd, setIsAtEnd] = useState(true);
  const sticks = useRef(true);
  const before = useRef({ top: 0, height: 0 });
  const toEnd = useCallback(() => {
    sticks.current = true;
    const element = frame.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [frame]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => sticks.current && toEnd());
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, [content, toEnd]);
  useLayoutEffect(() => {
    // What is put before the first message moves what is read, unless the browser has seen to it.
    const element = frame.current;
    if (!element || sticks.current || element.scrollTop >= NEAR) return;
    element.scrollTop += Math.max(0, element.scrollHeight - before.current.height);
  }, [first, frame]);
  const onScroll = () => {
    const { scrollHeight: height, scrollTop: top, clientHeight } = frame.current!;
    const isNear = height - top - clientHeight < NEAR;
    // Where the content has shrunk the browser has moved, not the user.
    const hasLeft = top < before.current.top && height >= before.current.height;
    before.current = { top, height };
    if (isNear) sticks.current = true;
    else if (hasLeft) sticks.current = false;
    setIsAtEnd(isNear || sticks.current);
  };
  return { isAtEnd, toEnd, onScroll };
}
