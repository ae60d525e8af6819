import type { RuntimeEvent } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { me } from '../app/queries.ts';
import { isSignedOut, lineOf, runtime } from '../app/runtime.ts';
import { follow } from '../app/shared-line.ts';
import { whileShown } from '../app/while-shown.ts';
import { refreshAfter } from './refresh.ts';
import { SessionStore } from './session-store.ts';

/** The session at which the page was opened. */
let first: SessionStore | undefined;

/** Asks for a session before it is known who asks: its messages are what a user waits for. @param path of the address */
export function askEarly(path: string): void {
  const id = /\/sessions\/([^/]+)$/.exec(path)?.[1];
  if (!id) return;
  first = new SessionStore(decodeURIComponent(id));
  void first.load();
}

const lineOfSession = (id: string) => lineOf(`/v1/sessions/${id}/events`);

/** The store of a session, which follows it as long as the component is there; another id needs another component. */
export function useSessionStore(id: string): SessionStore {
  const { data: account } = useQuery(me);
  const [store] = useState(() => (first?.id === id ? first : new SessionStore(id)));
  const user = account?.user ?? '';
  const signedOut = useSyncExternalStore(isSignedOut.subscribe, isSignedOut.get);

  useEffect(() => {
    if (signedOut) return undefined; // it is followed again with the next key
    const stop = whileShown(
      async (signal) => {
        const isLoaded = store.isLoaded || (await store.load());
        if (!isLoaded || signal.aborted) return;
        await follow<RuntimeEvent>(
          {
            name: `agent-runtime.session.${user}.${id}`,
            cursor: () => store.cursor,
            read: (until) => runtime.events(id, { after: store.cursor, signal: until }),
            isLive: lineOfSession(id),
            take: (event) => {
              store.apply(event);
              refreshAfter(event);
            },
            since: (cursor) => store.since(cursor),
            reload: async () => void (await store.load()),
          },
          signal,
        );
      },
      (error) => {
        if (!isSignedOut.get()) store.fail(error);
      },
    );
    return () => {
      stop();
      store.close();
      if (first === store) first = undefined; // on the way back it is read anew
    };
  }, [store, id, user, signedOut]);
  return store;
}

export const useShown = (store: SessionStore) => useSyncExternalStore(store.subscribe, store.get);

/** Whether the connection of a session’s events stands. */
export function useIsLive(id: string): boolean {
  const line = lineOfSession(id);
  return useSyncExternalStore(line.subscribe, line.get);
}
