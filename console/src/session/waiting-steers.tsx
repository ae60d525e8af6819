import { Problem } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { visible } from '../ui/visible.ts';
import type { Shown } from './session-store.ts';

/** What was said to an agent at work and waits until it is asked next; until then it can be taken back. */
export function WaitingSteers({ sessionId, steers }: { sessionId: string; steers: Shown['steers'] }) {
  return [...steers].map(([id, text]) => <WaitingSteer key={id} sessionId={sessionId} id={id} text={text} />);
}

function WaitingSteer({ sessionId, id, text }: { sessionId: string; id: string; text: string }) {
  const withdraw = useMutation({
    mutationFn: async () => {
      try {
        await runtime.sessions.withdrawSteer(sessionId, id);
      } catch (error) {
        // The agent was told meanwhile, and its message says so.
        if (!(error instanceof Problem && error.status === 404)) throw error;
      }
    },
  });
  return (
    <div className="mt-5 flex flex-col items-end" data-steer={id}>
      <p className="max-w-[85%] rounded-2xl rounded-br-md border border-dashed border-line-strong px-4 py-2.5 whitespace-pre-wrap text-soft wrap-anywhere">
        {visible(text)}
      </p>
      <p className="mt-1 flex items-center gap-1 text-xs text-faint">
        Told before the agent goes on
        <Button
          kind="quiet"
          className="h-6 px-1.5 text-xs"
          disabled={withdraw.isPending}
          onClick={() => withdraw.mutate()}
        >
          Take it back
        </Button>
      </p>
      <Fault error={withdraw.error} />
    </div>
  );
}
