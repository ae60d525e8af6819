import { useIsLive } from './use-session-store.ts';

/** Says whether the events of a session arrive. What is shown stays, and is caught up with by itself. */
export function ConnectionMark({ sessionId }: { sessionId: string }) {
  const isLive = useIsLive(sessionId);
  return (
    <span
      role="status"
      data-live={isLive}
      className={`flex shrink-0 items-center gap-1.5 text-xs ${isLive ? 'text-faint' : 'rounded-full bg-wait-wash px-2 py-0.5 font-medium text-wait'}`}
    >
      <span
        aria-hidden="true"
        className={`size-1.5 rounded-full ${isLive ? 'bg-good' : 'animate-[breathe_1.2s_infinite] bg-wait'}`}
      />
      {isLive ? 'live' : 'reconnecting'}
    </span>
  );
}
