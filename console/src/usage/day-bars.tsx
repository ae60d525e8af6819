import type { UsageSum } from '@agent-runtime/client';
import { short } from '../ui/numbers.ts';

const DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const SHOWN = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** A bar for each day: what was read below, what was written above. */
export function DayBars({ days }: { days: readonly UsageSum[] }) {
  const byDay = new Map(days.map(({ key, usage }) => [key, usage]));
  const today = Date.now();
  const bars = Array.from({ length: DAYS }, (_, index) => {
    const date = new Date(today - (DAYS - 1 - index) * DAY_MS);
    const usage = byDay.get(date.toISOString().slice(0, 10));
    return { date, read: usage?.prompt_tokens ?? 0, written: usage?.completion_tokens ?? 0 };
  });
  const most = Math.max(1, ...bars.map(({ read, written }) => read + written));
  return (
    <figure className="mt-6">
      <div
        className="flex h-40 items-end gap-[3px] border-b border-line-strong"
        role="list"
        aria-label="Tokens by day"
      >
        {bars.map(({ date, read, written }) => {
          const words = `${SHOWN.format(date)}: ${short(read)} read, ${short(written)} written`;
          return (
            <div
              key={date.toISOString()}
              role="listitem"
              aria-label={words}
              title={words}
              className="flex h-full flex-1 flex-col justify-end rounded-t-xs hover:bg-sunken"
            >
              <div className="rounded-t-xs bg-wait" style={{ height: `${(written / most) * 100}%` }} />
              <div className="bg-accent" style={{ height: `${(read / most) * 100}%` }} />
            </div>
          );
        })}
      </div>
      <figcaption className="mt-1.5 flex justify-between text-xs text-faint">
        <span>{SHOWN.format(bars[0]!.date)}</span>
        <span className="flex gap-4">
          <Key look="bg-accent">read by models</Key>
          <Key look="bg-wait">written</Key>
        </span>
        <span>today</span>
      </figcaption>
    </figure>
  );
}

const Key = ({ look, children }: { look: string; children: string }) => (
  <span className="flex items-center gap-1.5">
    <span aria-hidden="true" className={`size-2 rounded-xs ${look}`} />
    {children}
  </span>
);
