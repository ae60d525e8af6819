import type { Session, Synopsis } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { job as jobQuery, queryClient } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { lengthOf, useNow } from '../ui/time.tsx';
import { Working } from '../ui/working.tsx';

/**
 * Has a synopsis written, by a click alone. While one is on its way there is no button, only its job; and none where it
 * would say nothing new.
 */
export function FormButton({ session, synopsis }: { session: Session; synopsis: Synopsis }) {
  /** Clicks come faster than React draws. */
  const isAsked = useRef(false);
  const form = useMutation({
    mutationFn: () => runtime.synopses.request(session.id),
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: ['synopsis', session.id] });
      isAsked.current = false;
    },
  });
  if (synopsis.status === 'forming' || form.isPending) return <Forming jobId={synopsis.job_id} />;

  const isCovered = synopsis.covers_up_to === session.message_count;
  if (session.message_count === 0) return null;
  if (isCovered) return <p className="py-1.5 text-xs text-faint">Nothing new since this version</p>;
  return (
    <div>
      <Button
        kind="primary"
        onClick={() => {
          if (isAsked.current) return;
          isAsked.current = true;
          form.mutate();
        }}
      >
        {synopsis.version === null ? 'Write a synopsis' : 'Write a new version'}
      </Button>
      {synopsis.covers_up_to !== null && (
        <p className="mt-1 text-right text-xs text-faint">
          {session.message_count - synopsis.covers_up_to} newer messages
        </p>
      )}
      <Fault error={form.error} className="mt-2" />
    </div>
  );
}

function Forming({ jobId }: { jobId: string | null }) {
  const { data: job } = useQuery({
    ...jobQuery(jobId ?? ''),
    enabled: jobId !== null,
  });
  const age = useNow() - (job ? Date.parse(job.created_at) : Date.now());
  return (
    <div className="py-1.5 text-right">
      <Working>{job?.status === 'queued' ? 'Waits for its turn' : 'Is being written'}</Working>
      <p className="mt-0.5 text-xs text-faint tabular-nums">
        {age > 1_000 && lengthOf(age)}
        {job && job.attempt > 1 && ` · attempt ${job.attempt}`}
      </p>
    </div>
  );
}
