import type { UsageSum } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { address } from '../app/address.ts';
import { type UsageGroup, session as sessionQuery, usage as usageQuery } from '../app/queries.ts';
import { Choice } from '../ui/choice.tsx';
import { Empty } from '../ui/empty.tsx';
import { Fault } from '../ui/fault.tsx';
import { short } from '../ui/numbers.ts';
import { Page } from '../ui/page.tsx';
import { Working } from '../ui/working.tsx';
import { costOf } from './cost.ts';
import { DayBars } from './day-bars.tsx';

const GROUPS: readonly { value: UsageGroup; name: string }[] = [
  { value: 'model', name: 'By model' },
  { value: 'agent', name: 'By agent' },
  { value: 'session', name: 'By session' },
];

/** What calls of models have used in the last thirty days. */
export function UsagePage() {
  const [group, setGroup] = useState<UsageGroup>('model');
  const days = useQuery(usageQuery('day'));
  const sums = useQuery(usageQuery(group));
  const total = totalOf(days.data ?? []);
  return (
    <Page title="Usage" about="What your calls of models have used in the last 30 days, in UTC.">
      <Fault error={days.error ?? sums.error} />
      {days.isPending && <Working>Adding up</Working>}
      {days.data && total.calls === 0 && (
        <Empty title="Nothing was used yet">Say something in a session; its tokens are counted here.</Empty>
      )}
      {days.data && total.calls > 0 && (
        <>
          <dl className="flex flex-wrap gap-x-10 gap-y-3">
            <Figure name="Tokens" value={short(total.tokens)} />
            <Figure name="Model calls" value={short(total.calls)} />
            {total.cost !== null && <Figure name="Cost" value={costOf(total.cost)} />}
          </dl>
          <DayBars days={days.data} />
          <div className="mt-10 mb-2 -ml-2">
            <Choice
              label="Added up"
              value={group}
              onChange={(value) => setGroup(value as UsageGroup)}
              options={GROUPS}
            />
          </div>
          <Sums sums={sums.data ?? []} group={group} />
        </>
      )}
    </Page>
  );
}

const Figure = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt className="text-xs text-faint">{name}</dt>
    <dd className="text-xl font-semibold tabular-nums">{value}</dd>
  </div>
);

/** Cost is null where no call has a price. */
function totalOf(days: readonly UsageSum[]) {
  const total: { tokens: number; calls: number; cost: number | null } = { tokens: 0, calls: 0, cost: null };
  for (const { usage } of days) {
    total.tokens += usage.total_tokens;
    total.calls += usage.model_calls;
    if (usage.cost_micros !== null) total.cost = (total.cost ?? 0) + usage.cost_micros;
  }
  return total;
}

function Sums({ sums, group }: { sums: readonly UsageSum[]; group: UsageGroup }) {
  const sorted = sums.toSorted((a, b) => b.usage.total_tokens - a.usage.total_tokens);
  const most = sorted[0]?.usage.total_tokens ?? 1;
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line">
      {sorted.map(({ key, usage }) => (
        <li key={key} className="relative flex items-center gap-4 px-3.5 py-2">
          <span
            aria-hidden="true"
            className="absolute inset-y-0 left-0 bg-accent-wash"
            style={{ width: `${(usage.total_tokens / Math.max(1, most)) * 100}%` }}
          />
          <span className="relative min-w-0 flex-1 truncate">
            {group === 'session' ? <SessionName id={key} /> : (key ?? 'unknown')}
          </span>
          <span className="relative text-xs text-soft tabular-nums">
            {usage.estimated && 'about '}
            {short(usage.total_tokens)} tokens ·{' '}
            {usage.model_calls === 1 ? 'one call' : `${short(usage.model_calls)} calls`}
            {usage.cost_micros !== null && ` · ${costOf(usage.cost_micros)}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function SessionName({ id }: { id: string | null }) {
  const { data: session } = useQuery({ ...sessionQuery(id ?? ''), enabled: id !== null });
  if (id === null) return 'Deleted sessions';
  return (
    <Link href={address.session(id)} className="rounded hover:underline">
      {session?.title || 'Session'}
    </Link>
  );
}
