import { useMutation, useQuery } from '@tanstack/react-query';
import { context as contextQuery, job as jobQuery } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { short } from '../ui/numbers.ts';
import { Working } from '../ui/working.tsx';

const PARTS = [
  { name: 'system', title: 'Instructions of the agent', look: 'bg-accent' },
  { name: 'tools', title: 'Tools', look: 'bg-accent/70' },
  { name: 'instructions', title: 'Project', look: 'bg-accent/50' },
  { name: 'checkpoint', title: 'Checkpoint', look: 'bg-wait' },
  { name: 'messages', title: 'Messages', look: 'bg-good/70' },
] as const;

/** How full the context of the agent is, and of what. */
export function ContextMeter({ sessionId }: { sessionId: string }) {
  const { data: context } = useQuery(contextQuery(sessionId));
  const compact = useMutation({ mutationFn: () => runtime.context.compact(sessionId) });
  const { data: job = compact.data } = useQuery({
    ...jobQuery(compact.data?.job_id ?? ''),
    enabled: compact.data !== undefined,
  });
  const isCompacting = compact.isPending || job?.status === 'queued' || job?.status === 'running';
  if (!context) return null;
  const { tokens, context_window: window, parts } = context;
  const all = Object.values(parts).reduce((sum, part) => sum + part, 0) || 1;
  const share = Math.min(1, tokens / window);
  return (
    <div>
      <p className="flex justify-between text-xs">
        <span className="text-soft">Context</span>
        <span className="tabular-nums" title={`${tokens} of ${window} tokens`}>
          {short(tokens)} <span className="text-faint">of {short(window)}</span>
        </span>
      </p>
      <div
        role="meter"
        aria-label="Context used"
        aria-valuemin={0}
        aria-valuemax={window}
        aria-valuenow={tokens}
        className="mt-1.5 flex h-1.5 overflow-hidden rounded-full bg-line"
      >
        {PARTS.map(({ name, look }) => (
          <span key={name} className={look} style={{ width: `${(parts[name] / all) * share * 100}%` }} />
        ))}
      </div>
      <dl className="mt-2.5 space-y-1 text-xs">
        {PARTS.filter(({ name }) => parts[name] > 0).map(({ name, title, look }) => (
          <div key={name} className="flex items-center gap-2">
            <span aria-hidden="true" className={`size-2 rounded-xs ${look}`} />
            <dt className="flex-1 text-soft">{title}</dt>
            <dd className="text-faint tabular-nums">{short(parts[name])}</dd>
          </div>
        ))}
      </dl>
      {isCompacting ? (
        <Working className="mt-2 h-7 text-xs">Compacting in the background</Working>
      ) : (
        <Button
          kind="quiet"
          className="mt-2 -ml-2 h-7 px-2 text-xs"
          title="Old messages are replaced by notes, in the background"
          onClick={() => compact.mutate()}
        >
          Compact now
        </Button>
      )}
      <Fault error={compact.error ?? (job?.status === 'failed' && job.error?.message)} />
    </div>
  );
}
