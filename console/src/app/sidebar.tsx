import type { Session } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue, useState } from 'react';
import { Link, useLocation, useRoute } from 'wouter';
import { useWaiting } from '../inbox/use-waiting.ts';
import { Button } from '../ui/button.tsx';
import { Fault } from '../ui/fault.tsx';
import { AgentsIcon, InboxIcon, JobsIcon, Mark, PlusIcon, SearchIcon, UsageIcon } from '../ui/icons.tsx';
import { Ago } from '../ui/time.tsx';
import { Working } from '../ui/working.tsx';
import { AccountLine } from './account-line.tsx';
import { address } from './address.ts';
import { sessions } from './queries.ts';
import { useNewSession } from './use-new-session.ts';

export function Sidebar() {
  const [search, setSearch] = useState('');
  const list = useQuery(sessions(useDeferredValue(search.trim())));
  const waiting = useWaiting();
  const begin = useMutation(useNewSession());

  return (
    <div className="flex h-full flex-col">
      <div className="flex items-center gap-2 px-4 pt-4 pb-3">
        <Mark />
        <span className="text-[15px] font-semibold tracking-tight">agent-runtime</span>
      </div>
      <nav aria-label="Main" className="space-y-0.5 px-2">
        <Place to={address.inbox} icon={<InboxIcon />} count={waiting.items.length}>
          Inbox
        </Place>
        <Place to={address.jobs} icon={<JobsIcon />}>
          Jobs
        </Place>
        <Place to={address.usage} icon={<UsageIcon />}>
          Usage
        </Place>
        <Place to={address.agents} icon={<AgentsIcon />}>
          Agents
        </Place>
      </nav>
      <div className="mt-5 flex items-center justify-between pr-2 pl-4">
        <h2 className="text-xs font-medium text-faint">Sessions</h2>
        <Button
          kind="quiet"
          className="h-7 px-2"
          aria-label="New session"
          title="New session"
          disabled={begin.isPending}
          onClick={() => begin.mutate({})}
        >
          <PlusIcon />
        </Button>
      </div>
      <Fault error={begin.error} className="mx-2" />
      <label className="relative mx-2 mt-1 block">
        <span className="sr-only">Find a session</span>
        <SearchIcon className="absolute top-2 left-2.5 size-4 text-faint" />
        <input
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder="Find"
          className="h-8 w-full rounded-lg border border-line bg-panel pr-2 pl-8 placeholder:text-faint"
        />
      </label>
      <nav aria-label="Sessions" className="mt-2 min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {list.isPending && <Working className="px-2 py-3">Loading</Working>}
        <Fault error={list.error} />
        {list.data?.map((session) => (
          <SessionLine key={session.id} session={session} />
        ))}
        {list.data?.length === 0 && (
          <p className="px-2 py-3 text-faint">
            {search ? 'No session has this text.' : 'Your sessions will be listed here.'}
          </p>
        )}
      </nav>
      <AccountLine />
    </div>
  );
}

function Place({
  to,
  icon,
  count = 0,
  children,
}: {
  to: string;
  icon: ReactNode;
  count?: number;
  children: ReactNode;
}) {
  const [isHere] = useRoute(to);
  return (
    <Link
      href={to}
      aria-current={isHere ? 'page' : undefined}
      className={`flex h-8 items-center gap-2.5 rounded-lg px-2 ${isHere ? 'bg-sunken font-medium text-ink' : 'text-soft hover:bg-sunken hover:text-ink'}`}
    >
      {icon}
      <span className="flex-1">{children}</span>
      {count > 0 && (
        <span className="rounded-full bg-wait-wash px-1.5 text-xs font-semibold text-wait tabular-nums">
          {count}
        </span>
      )}
    </Link>
  );
}

function SessionLine({ session }: { session: Session }) {
  const [location] = useLocation();
  const isHere = location.startsWith(address.session(session.id));
  const waits = session.active_run?.status === 'waiting';
  return (
    <Link
      href={address.session(session.id)}
      aria-current={isHere ? 'page' : undefined}
      className={`block rounded-lg px-2 py-1.5 ${isHere ? 'bg-sunken' : 'hover:bg-sunken'}`}
    >
      <span className={`flex items-center gap-2 ${isHere ? 'font-medium' : ''}`}>
        <span className="flex-1 truncate">{session.title || 'New session'}</span>
        {session.active_run && (
          <span
            title={waits ? 'waits for an answer' : 'at work'}
            className={`size-1.5 rounded-full ${waits ? 'bg-wait' : 'animate-[breathe_1.2s_infinite] bg-accent'}`}
          >
            <span className="sr-only">{waits ? 'waits for an answer' : 'at work'}</span>
          </span>
        )}
      </span>
      <Ago at={session.updated_at} className="text-xs text-faint" />
    </Link>
  );
}
