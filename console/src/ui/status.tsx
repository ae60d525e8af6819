const LOOKS: Readonly<Record<string, { text: string; look: string }>> = {
  queued: { text: 'queued', look: 'bg-sunken text-soft' },
  running: { text: 'running', look: 'bg-accent-wash text-accent' },
  waiting: { text: 'waiting', look: 'bg-wait-wash text-wait' },
  completed: { text: 'completed', look: 'bg-good-wash text-good' },
  done: { text: 'done', look: 'bg-good-wash text-good' },
  failed: { text: 'failed', look: 'bg-bad-wash text-bad' },
  cancelled: { text: 'cancelled', look: 'bg-sunken text-soft' },
  interrupted: { text: 'interrupted', look: 'bg-bad-wash text-bad' },
  model_call_limit: { text: 'model calls used up', look: 'bg-bad-wash text-bad' },
  draft: { text: 'draft', look: 'bg-sunken text-soft' },
  review: { text: 'waits for you', look: 'bg-wait-wash text-wait' },
  approved: { text: 'approved', look: 'bg-accent-wash text-accent' },
  executing: { text: 'being carried out', look: 'bg-accent-wash text-accent' },
  rejected: { text: 'rejected', look: 'bg-bad-wash text-bad' },
  pending: { text: 'to do', look: 'bg-sunken text-soft' },
  skipped: { text: 'skipped', look: 'bg-sunken text-soft' },
};

/** The status of a run, job, plan or step. */
export function Status({ status }: { status: string }) {
  const { text, look } = LOOKS[status] ?? { text: status, look: 'bg-sunken text-soft' };
  return (
    <span className={`inline-block rounded-md px-1.5 py-px text-xs font-medium whitespace-nowrap ${look}`}>
      {text}
    </span>
  );
}
