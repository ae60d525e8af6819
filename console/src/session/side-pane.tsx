import type { Session } from '@agent-runtime/client';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { address } from '../app/address.ts';
import { sessionPermissions, sessionPlans, sessionRuns } from '../app/queries.ts';
import { PlanProgress } from '../plan/plan-progress.tsx';
import { short } from '../ui/numbers.ts';
import { Status } from '../ui/status.tsx';
import { Ago } from '../ui/time.tsx';
import { TodoList } from '../ui/todo-list.tsx';
import { visible } from '../ui/visible.ts';
import { costOf } from '../usage/cost.ts';
import { ContextMeter } from './context-meter.tsx';
import { Permissions } from './permissions.tsx';
import type { Shown } from './session-store.ts';
import { WorkspaceLines } from './workspace-lines.tsx';

/** What happens beside the conversation: context, what is allowed, plan, files, runs. */
export function SidePane({ session, shown }: { session: Session; shown: Shown }) {
  const plans = useQuery(sessionPlans(session.id)).data ?? [];
  const permissions = useQuery(sessionPermissions(session.id)).data ?? [];
  const runs = useQuery(sessionRuns(session.id)).data ?? [];
  const files = changedFiles(shown);
  const plan = plans[0];
  return (
    <aside
      aria-label="About this session"
      className="w-72 shrink-0 space-y-6 overflow-y-auto border-l border-line bg-page px-4 py-4 max-xl:hidden"
    >
      <div>
        <ContextMeter sessionId={session.id} />
        <Used usage={session.usage} />
      </div>
      {shown.todos.length > 0 && (
        <Part title="To do">
          <div className="text-[13px]">
            <TodoList items={shown.todos} />
          </div>
        </Part>
      )}
      {session.workspace !== null && (
        <Part title="Workspace">
          <WorkspaceLines sessionId={session.id} name={session.workspace} />
        </Part>
      )}
      {permissions.length > 0 && (
        <Part title="Allowed in this session">
          <Permissions sessionId={session.id} permissions={permissions} />
        </Part>
      )}
      {plan && (
        <Part title="Plan">
          <Link href={address.plan(plan.id)} className="block rounded-lg hover:text-accent">
            <span className="block truncate font-medium">{plan.title}</span>
          </Link>
          <PlanProgress plan={plan} />
        </Part>
      )}
      {files.length > 0 && (
        <Part title="Files changed">
          <ul className="space-y-1">
            {files.map((path) => (
              <li key={path} className="truncate font-mono text-xs" title={path}>
                {visible(path)}
              </li>
            ))}
          </ul>
        </Part>
      )}
      {runs.length > 0 && (
        <Part title="Runs">
          <ul className="-mx-2">
            {runs.slice(0, 8).map((run) => (
              <li key={run.id}>
                <Link
                  href={address.run(run.id)}
                  className="flex items-center gap-2 rounded-lg px-2 py-1 text-xs hover:bg-sunken"
                >
                  <Status status={run.status} />
                  <span className="flex-1" />
                  <span className="text-faint tabular-nums">{short(run.usage.total_tokens)} tokens</span>
                  <Ago at={run.created_at} className="text-faint" />
                </Link>
              </li>
            ))}
          </ul>
        </Part>
      )}
    </aside>
  );
}

/** What all calls of models in the session have used, also those for titles and synopses. */
const Used = ({ usage }: Pick<Session, 'usage'>) => (
  <p className="mt-2 flex justify-between text-xs">
    <span className="text-soft">Used</span>
    <span className="tabular-nums">
      {usage.estimated && 'about '}
      {short(usage.total_tokens)} tokens
      {usage.cost_micros !== null && ` · ${costOf(usage.cost_micros)}`}
    </span>
  </p>
);

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section>
    <h2 className="mb-1.5 text-xs font-medium text-faint">{title}</h2>
    {children}
  </section>
);

const CHANGING = new Set(['write_file', 'edit_file', 'delete_file', 'move_file']);

/** Files that were changed, in the order of their first change. */
function changedFiles({ messages, calls }: Shown): string[] {
  const paths = messages
    .flatMap(({ toolCalls }) => toolCalls)
    .filter(({ tool_name: name, call_id: id }) => CHANGING.has(name) && calls.get(id) === 'completed')
    .flatMap(({ arguments: args }) => {
      const { path, to } = Object(args) as { path?: unknown; to?: unknown };
      return [path, to];
    });
  return [...new Set(paths.filter((path) => typeof path === 'string'))];
}
