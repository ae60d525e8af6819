import type { ActivityHint } from '@agent-runtime/client';
import { useEffect, useSyncExternalStore } from 'react';
import { isSignedOut, lineOf, runtime } from './runtime.ts';
import { follow } from './shared-line.ts';
import { markStale } from './stale.ts';
import { whileShown } from './while-shown.ts';

type Kind = Extract<ActivityHint, { type: 'activity' }>['what'][number];

/** Which queries a hint makes stale. */
const TOUCHED: Readonly<Record<Kind, readonly string[]>> = {
  run: ['sessions', 'session', 'runs', 'run', 'context', 'usage'],
  message: ['sessions', 'session', 'context', 'step'],
  tool_call: ['session', 'runs', 'plan', 'calls'],
  approval: ['approvals', 'permissions', 'session', 'runs', 'plan'],
  plan: ['plans', 'plan', 'approvals'],
  job: ['jobs', 'job', 'synopsis'],
  synopsis: ['synopsis', 'jobs'],
  title: ['sessions', 'session'],
  session: ['sessions', 'session'],
};

function take(hint: ActivityHint): void {
  if (hint.type === 'refetch') markStale(...Object.values(TOUCHED).flat());
  // A newer server may have other kinds.
  else for (const kind of hint.what) markStale(...(TOUCHED[kind] ?? []));
}

/** Keeps lists and badges fresh by the hints of the server: one connection for all tabs of the browser. */
export function useActivity(user: string): void {
  const signedOut = useSyncExternalStore(isSignedOut.subscribe, isSignedOut.get);
  useEffect(() => {
    if (signedOut) return undefined;
    return whileShown(
      (signal) =>
        follow<ActivityHint>(
          {
            name: `agent-runtime.activity.${user}`,
            cursor: () => '',
            read: (until) => runtime.sessions.activity({ signal: until }),
            isLive: lineOf('/v1/activity'),
            take,
            since: () => [{ type: 'refetch' }],
            reload: () => Promise.resolve(),
          },
          signal,
        ),
      () => isSignedOut.set(true), // of this stream the server refuses nothing for good but a 401
    );
  }, [user, signedOut]);
}
