import type { RuntimeEvent } from '@agent-runtime/client';
import { useMemo } from 'react';
import { lengthOf } from '../ui/time.tsx';
import { visible } from '../ui/visible.ts';
import { type Span, spansOf } from './spans.ts';

const LOOKS: Readonly<Record<Span['kind'], { text: string; look: string }>> = {
  model: { text: 'model', look: 'bg-accent' },
  tool: { text: 'tool', look: 'bg-good' },
  wait: { text: 'you', look: 'bg-wait' },
};

/** One bar for each answer of the model, tool call and question, on the time of the run. */
export function Timeline({
  events,
  begin,
  end,
}: {
  events: readonly RuntimeEvent[];
  begin: number;
  end: number;
}) {
  const spans = useMemo(() => spansOf(events), [events]);
  const length = Math.max(1, end - begin);
  return (
    <section aria-label="Timeline">
      <ol className="space-y-0.5">
        {spans.map((span) => {
          const from = ((span.begin - begin) / length) * 100;
          const width = (((span.end ?? end) - span.begin) / length) * 100;
          const { text, look } = LOOKS[span.kind];
          const isBad = span.outcome && !['completed', 'approve', 'edit'].includes(span.outcome);
          return (
            <li
              key={span.id}
              className="grid grid-cols-[9rem_1fr_4rem] items-center gap-3 text-xs sm:grid-cols-[14rem_1fr_4.5rem]"
            >
              <span className="flex min-w-0 items-center gap-2">
                <span className="w-9 shrink-0 text-faint">{text}</span>
                <span className="truncate" title={visible(span.name)}>
                  {visible(span.name)}
                </span>
              </span>
              <span className="relative h-5 rounded bg-sunken">
                <span
                  className={`absolute inset-y-1 min-w-1 rounded-xs ${isBad ? 'bg-bad' : look} ${span.end === undefined ? 'animate-[breathe_1.2s_infinite]' : ''}`}
                  style={{ left: `${Math.min(99.5, Math.max(0, from))}%`, width: `${Math.max(0, width)}%` }}
                />
              </span>
              <span className="text-right text-faint tabular-nums">
                {isBad ? span.outcome : lengthOf((span.end ?? end) - span.begin)}
              </span>
            </li>
          );
        })}
      </ol>
      {spans.length === 0 && <p className="text-faint">Nothing has begun in this run yet.</p>}
    </section>
  );
}
