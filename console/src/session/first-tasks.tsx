import { useMutation, useQuery } from '@tanstack/react-query';
import { me } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { TaskCards } from '../ui/task-cards.tsx';

/** What stands in a session where nothing was said yet. */
export function FirstTasks({ sessionId }: { sessionId: string }) {
  const { data: account } = useQuery(me);
  const send = useMutation({
    mutationFn: (content: string) => runtime.sessions.send(sessionId, { type: 'user_message', content }),
  });
  return (
    <div className="py-10">
      <h2 className="text-lg font-semibold">What shall be done?</h2>
      <p className="mt-1 mb-5 text-soft">
        {account?.offline
          ? 'The offline demo model answers here: canned words, real events. These three show what there is.'
          : 'Write below, or begin with one of these.'}
      </p>
      <TaskCards disabled={send.isPending} error={send.error} onChoose={(task) => send.mutate(task)} />
    </div>
  );
}
