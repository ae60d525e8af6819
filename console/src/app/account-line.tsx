import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { credentials } from './credentials.ts';
import { me } from './queries.ts';
import { isSignedOut, lineOf } from './runtime.ts';

const activity = lineOf('/v1/activity');

/** Who asks, what answers, and whether the connection stands. */
export function AccountLine() {
  const { data: account } = useQuery(me);
  const isLive = useSyncExternalStore(activity.subscribe, activity.get);
  if (!account) return null;
  return (
    <footer className="flex items-center gap-2 border-t border-line px-4 py-2.5 text-xs text-faint">
      <span
        aria-hidden="true"
        className={`size-1.5 shrink-0 rounded-full ${isLive ? 'bg-good' : 'animate-[breathe_1.2s_infinite] bg-wait'}`}
      />
      <span role="status" className="min-w-0 flex-1 truncate">
        {isLive ? (account.offline ? 'Offline demo model' : account.model) : 'Reconnecting…'}
      </span>
      {account.mode !== 'none' && (
        <button
          type="button"
          title={`Signed in as ${account.user}`}
          className="underline underline-offset-2 hover:text-ink"
          onClick={() => {
            credentials.forget();
            isSignedOut.set(true);
          }}
        >
          Sign out
        </button>
      )}
    </footer>
  );
}
