import type { Job } from '@agent-runtime/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { address } from '../app/address.ts';
import {
  type JobFilter,
  type JobStatus,
  agents as agentsQuery,
  jobs as jobsQuery,
  queryClient,
  session as sessionQuery,
  sessions as sessionsQuery,
} from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Empty } from '../ui/empty.tsx';
import { Fault } from '../ui/fault.tsx';
import { Page } from '../ui/page.tsx';
import { Status } from '../ui/status.tsx';
import { Ago, fullTime, lengthOf, useNow } from '../ui/time.tsx';
import { Working } from '../ui/working.tsx';

const STATUSES: readonly JobStatus[] = ['queued', 'running', 'done', 'failed', 'cancelled'];
const ALL = '';

/** What agents do in the background. */
export function JobsPage() {
  const [chosen, setChosen] = useState({ status: ALL, type: ALL, session_id: ALL });
  const filter = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== ALL)) as JobFilter;
  const { data, error, isPending } = useQuery(jobsQuery(filter));
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: sessions = [] } = useQuery(sessionsQuery(''));
  const types = ['compaction', ...agents.map(({ id }) => `agent:${id}`)];
  const choice = (label: string, name: keyof typeof chosen, options: { value: string; name: string }[]) => (
    <Choice
      label={label}
      value={chosen[name]}
      onChange={(value) => setChosen({ ...chosen, [name]: value })}
      options={options}
    />
  );
  return (
    <Page
      title="Jobs"
      about="Synopses, compactions and queries that agents work on in the background."
      actions={
        <div className="flex flex-wrap gap-1.5">
          {choice('Status', 'status', [
            { value: ALL, name: 'Any status' },
            ...STATUSES.map((name) => ({ value: name, name })),
          ])}
          {choice('Type', 'type', [
            { value: ALL, name: 'Any type' },
            ...types.map((value) => ({ value, name: nameOf(value) })),
          ])}
          {choice('Session', 'session_id', [
            { value: ALL, name: 'Any session' },
            ...sessions.map(({ id, title }) => ({ value: id, name: title || 'New session' })),
          ])}
        </div>
      }
    >
      <Fault error={error} />
      {isPending && <Working>Loading</Working>}
      {data?.length === 0 && (
        <Empty title={Object.keys(filter).length > 0 ? 'No such job' : 'No jobs yet'}>
          A synopsis of a session is one: ask for it on the session’s page.
        </Empty>
      )}
      {data && data.length > 0 && (
        <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line">
          {data.map((job) => (
            <JobRow key={job.job_id} job={job} />
          ))}
        </ul>
      )}
    </Page>
  );
}

const nameOf = (type: string): string => type.replace(/^agent:/, '');

function JobRow({ job }: { job: Job }) {
  const { data: session } = useQuery(sessionQuery(job.session_id));
  const cancel = useMutation({
    mutationFn: () => runtime.jobs.cancel(job.job_id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['jobs'] }),
  });
  const isOpen = job.status === 'queued' || job.status === 'running';
  const isDelayed = job.status === 'queued' && job.attempt > 1;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2.5">
      <Status status={job.status} />
      <span className="font-medium">{nameOf(job.type)}</span>
      <Link
        href={address.session(job.session_id)}
        className="min-w-0 flex-1 truncate rounded text-soft hover:text-ink hover:underline"
      >
        {session?.title || 'Session'}
      </Link>
      <span className="text-xs text-faint tabular-nums">
        {job.started_at && job.finished_at && (
          <>{lengthOf(Date.parse(job.finished_at) - Date.parse(job.started_at))} · </>
        )}
        {job.attempt > 1 && <>attempt {job.attempt} · </>}
        <Ago at={job.created_at} />
      </span>
      {job.run_id && (
        <Link href={address.run(job.run_id)} className="rounded text-xs text-accent hover:underline">
          Timeline
        </Link>
      )}
      {isOpen && (
        <Button
          kind="quiet"
          className="h-7 px-2 text-xs"
          disabled={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </Button>
      )}
      {(job.error || cancel.error) && (
        <p className="w-full text-xs text-bad wrap-anywhere">
          {job.error?.message}
          {isDelayed && <NextTry at={job.available_at} />}
        </p>
      )}
    </li>
  );
}

/** When a job that has failed by what may pass is tried again. */
function NextTry({ at }: { at: string }) {
  const left = Date.parse(at) - useNow();
  return (
    <time dateTime={at} title={fullTime(at)}>
      {left > 0 ? ` It is tried again in ${lengthOf(left)}.` : ' It is tried again now.'}
    </time>
  );
}
