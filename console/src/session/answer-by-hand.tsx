import { useMutation } from '@tanstack/react-query';
import { useEffect } from 'react';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { focus } from '../ui/focus.ts';
import { useDraft } from './use-draft.ts';

/**
 * Who has claimed a call that the user answers: the same in all pages of the user, so that each of them can, also after a
 * reload. It differs from the name of a page, under which that executes calls in a lent folder.
 */
export const BY_HAND = 'console, by hand';

/** Browsers let the timers of a hidden page run once a minute. */
const LEASE_SECONDS = 150;
const RENEW_MS = 50_000;

/** Keeps the call from all clients that execute calls, or goes on to. */
const useClaim = (callId: string) =>
  useMutation({
    mutationFn: () => runtime.toolCalls.claim(callId, { client_id: BY_HAND, lease_seconds: LEASE_SECONDS }),
  });

export function AnswerByHand({ callId }: { callId: string }) {
  const claim = useClaim(callId);
  return (
    <>
      <Fault error={claim.error} />
      <Button className="text-xs" disabled={claim.isPending} onClick={() => claim.mutate()}>
        Answer by hand
      </Button>
    </>
  );
}

/** What the tool would answer, of a call that the user has claimed. */
export function AnswerForm({ sessionId, callId }: { sessionId: string; callId: string }) {
  const [text, setText] = useDraft(`call.${callId}`);
  const claim = useClaim(callId);
  const { mutate: renew } = claim;
  useEffect(() => {
    renew();
    const renewing = setInterval(renew, RENEW_MS);
    return () => clearInterval(renewing);
  }, [renew]);
  const send = useMutation({
    mutationFn: (answer: { result: string } | { error: string }) =>
      runtime.sessions.send(sessionId, {
        type: 'tool_result',
        call_id: callId,
        client_id: BY_HAND,
        ...answer,
      }),
    onSuccess: () => setText(''),
  });
  const giveBack = useMutation({
    mutationFn: () => runtime.toolCalls.release(callId, { client_id: BY_HAND }),
  });
  const isPending = send.isPending || giveBack.isPending;
  return (
    <form
      className="space-y-2"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate({ result: text });
      }}
    >
      <label className="block">
        <span className="text-xs font-medium text-soft">
          What the tool answers, or why it could not do it. The agent reads it.
        </span>
        <textarea
          ref={focus}
          value={text}
          rows={4}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          className="mt-1 block max-h-80 w-full rounded-lg border border-line-strong bg-panel px-3 py-2 font-mono text-xs leading-relaxed [field-sizing:content]"
        />
      </label>
      <Fault error={send.error ?? giveBack.error ?? claim.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" disabled={isPending}>
          Send the answer
        </Button>
        <Button
          kind="danger"
          disabled={isPending || text.trim() === ''}
          onClick={() => send.mutate({ error: text })}
        >
          Send as an error
        </Button>
        <Button
          kind="quiet"
          disabled={isPending}
          title="Leaves the call to an IDE"
          onClick={() => giveBack.mutate()}
        >
          Back
        </Button>
      </div>
    </form>
  );
}
