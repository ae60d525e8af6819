import type { Agent } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { agents as agentsQuery } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { useNewSession } from '../app/use-new-session.ts';
import { Button } from '../ui/button.tsx';
import { CodeBlock } from '../ui/code-block.tsx';
import { Fault } from '../ui/fault.tsx';
import { ChevronIcon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';
import { Working } from '../ui/working.tsx';

const MODES: Readonly<Record<Agent['mode'], string>> = {
  primary: 'talks with you',
  subagent: 'carries out steps of plans',
  background: 'works in the background',
  all: 'talks with you, carries out steps',
};

/** Who can answer: the agents of the installation, and those of the user. */
export function AgentsPage() {
  const { data, error, isPending } = useQuery(agentsQuery);
  return (
    <Page title="Agents" about="Each is a Markdown file with a prompt, its tools and its limits.">
      <Fault error={error} />
      {isPending && <Working>Loading</Working>}
      <ul className="space-y-2.5">
        {data?.map((agent) => (
          <AgentRow key={agent.id} agent={agent} />
        ))}
      </ul>
    </Page>
  );
}

function AgentRow({ agent }: { agent: Agent }) {
  const begin = useMutation(useNewSession());
  return (
    <li className="rounded-xl border border-line p-3.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-semibold">{agent.name}</h2>
        <span className="text-xs text-faint">
          {agent.id} · version {agent.version}
          {agent.source === 'user' && ' · yours'}
          {agent.default && ' · the default'}
        </span>
        <span className="flex-1" />
        {(agent.mode === 'primary' || agent.mode === 'all') && (
          <Button disabled={begin.isPending} onClick={() => begin.mutate({ agent: agent.id })}>
            Start a session
          </Button>
        )}
      </div>
      <p className="mt-1 text-soft">{agent.description}</p>
      <Fault error={begin.error} className="mt-2" />
      <p className="mt-2 text-xs text-faint">
        {MODES[agent.mode]} · {agent.tools.join(', ') || 'no tools'}
      </p>
      <details className="mt-2">
        <summary className="inline-flex items-center gap-1 rounded text-xs text-faint hover:text-ink">
          <ChevronIcon className="size-3 chevron" />
          Definition
        </summary>
        <Definition id={agent.id} />
      </details>
    </li>
  );
}

function Definition({ id }: { id: string }) {
  const { data, error } = useQuery({
    queryKey: ['agents', id],
    queryFn: ({ signal }) => runtime.agents.get(id, { signal }),
  });
  if (error) return <Fault error={error} className="mt-2" />;
  return data ? (
    <div className="mt-2 [&_pre]:whitespace-pre-wrap">
      <CodeBlock text={data.definition} />
    </div>
  ) : (
    <Working className="mt-2">Loading</Working>
  );
}
