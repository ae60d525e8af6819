import type { Session } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { me, queryClient, session as sessionQuery } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Choice } from '../ui/choice.tsx';
import { Fault } from '../ui/fault.tsx';

type Mode = Session['approval_mode'];

const MODES: readonly { value: Mode; name: string }[] = [
  { value: 'ask', name: 'Asks before changes' },
  { value: 'accept_edits', name: 'Edits without asking' },
  { value: 'read_only', name: 'Only reads' },
];

/** What the agent may do without a question, from now on; marked where it is not what a session begins with. */
export function ApprovalModeChoice({ session }: { session: Session }) {
  const { data: account } = useQuery(me);
  const change = useMutation({
    mutationFn: (mode: Mode) => runtime.sessions.update(session.id, { approval_mode: mode }),
    onSuccess: (changed) => queryClient.setQueryData(sessionQuery(session.id).queryKey, changed),
  });
  return (
    <>
      <Choice
        label="Permissions"
        value={session.approval_mode}
        disabled={change.isPending}
        isMarked={session.approval_mode !== 'ask'}
        onChange={(mode) => change.mutate(mode as Mode)}
        options={MODES.filter(({ value }) => account?.approval_modes.includes(value) ?? true)}
      />
      <Fault error={change.error} className="order-last w-full" />
    </>
  );
}
