import type { Json, Message, PlanRecord } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { runtime } from '../app/runtime.ts';
import { Choice } from '../ui/choice.tsx';
import { Diff } from '../ui/diff.tsx';

/** What has changed between the versions of a plan, as a text. */
export function PlanVersions({ plan }: { plan: PlanRecord }) {
  const [compared, setCompared] = useState(plan.version - 1);
  const { data: texts } = useQuery({
    queryKey: ['plan', plan.id, 'versions', plan.version],
    queryFn: async ({ signal }) => {
      // A plan that was tried again has another run than the one that it was made in.
      const asked = plan.history.find(({ approval_id: id }) => id)?.approval_id;
      const madeIn = asked ? (await runtime.approvals.get(asked, { signal })).run_id : plan.run_id;
      const proposals: string[] = [];
      for await (const message of runtime.sessions.messages(plan.session_id, { limit: 200 }, { signal })) {
        if (message.run_id === madeIn) proposals.push(...plansIn(message));
      }
      return proposals;
    },
    enabled: plan.version > 1,
    staleTime: Infinity,
  });
  if (!texts || texts.length < 2) return null;
  const [before, now] = [texts[compared - 1] ?? '', texts.at(-1)!];
  return (
    <section className="mt-10">
      <div className="mb-3 flex items-center gap-2">
        <h2 className="font-semibold">What has changed</h2>
        {texts.length > 2 && (
          <Choice
            label="Compared with"
            value={String(compared)}
            onChange={(value) => setCompared(Number(value))}
            options={texts.slice(0, -1).map((_, index) => ({
              value: String(index + 1),
              name: `since version ${index + 1}`,
            }))}
          />
        )}
        {texts.length === 2 && <span className="text-xs text-faint">since version 1</span>}
      </div>
      <Diff before={before} after={now} label="What has changed in the plan" />
    </section>
  );
}

/** The proposals in a message, as texts that can be compared. */
function plansIn({ tool_calls: calls }: Message): string[] {
  return calls
    .filter(({ tool_name: name }) => name === 'create_plan')
    .map(({ arguments: args }) => asText(args));
}

function asText(args: Json): string {
  const { title, description, subtasks } = Object(args) as Record<string, Json>;
  const steps = Array.isArray(subtasks) ? (subtasks as Record<string, string>[]) : [];
  const lines = steps.map(
    ({ title: step, agent, description: what }, index) =>
      `${index + 1}. ${step} (${agent})\n   ${what?.replaceAll('\n', '\n   ')}`,
  );
  return [title, description, ...lines].filter(Boolean).map(String).join('\n\n');
}
