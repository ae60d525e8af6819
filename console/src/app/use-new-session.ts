import type { CreateSession } from '@agent-runtime/client';
import { useLocation } from 'wouter';
import { address } from './address.ts';
import { queryClient, session as sessionQuery } from './queries.ts';
import { runtime } from './runtime.ts';

/** Opens a session, says something to it where there is something to say, and goes there: options of a mutation. */
export function useNewSession() {
  const [, go] = useLocation();
  return {
    mutationFn: async ({ task, ...session }: CreateSession & { task?: string }) => {
      const created = await runtime.sessions.create(session);
      if (task) await runtime.sessions.send(created.id, { type: 'user_message', content: task });
      return created;
    },
    onSuccess: ({ id }: { id: string }) => {
      void queryClient.invalidateQueries({ queryKey: ['sessions'] });
      queryClient.removeQueries({ queryKey: sessionQuery(id).queryKey });
      go(address.session(id));
    },
  };
}
