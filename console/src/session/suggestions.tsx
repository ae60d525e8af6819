import type { ShownMessage } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';

/** Answers that the agent proposes to its question; one that is chosen is said. */
export function Suggestions({ sessionId, last }: { sessionId: string; last: ShownMessage | undefined }) {
  const send = useMutation({
    mutationFn: (content: string) => runtime.sessions.send(sessionId, { type: 'user_message', content }),
  });
  if (!last || last.suggestions.length === 0) return null;
  return (
    <div className="mt-3 flex flex-wrap gap-2">
      {last.suggestions.map((text) => (
        <Button
          key={text}
          disabled={send.isPending}
          onClick={() => send.mutate(text)}
          className="h-auto min-h-8 py-1 font-normal whitespace-normal"
        >
          {text}
        </Button>
      ))}
      <Fault error={send.error} />
    </div>
  );
}
