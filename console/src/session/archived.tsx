import { useMutation } from '@tanstack/react-query';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';

/** What stands in place of the composer in a session that takes no messages. */
export function Archived({ id }: { id: string }) {
  const unarchive = useMutation({ mutationFn: () => runtime.sessions.update(id, { archived: false }) });
  return (
    <div className="flex items-center justify-center gap-3 border-t border-line px-4 py-4 text-soft">
      This session is archived.
      <Button disabled={unarchive.isPending} onClick={() => unarchive.mutate()}>
        Take it back
      </Button>
      <Fault error={unarchive.error} />
    </div>
  );
}
