import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { address } from '../app/address.ts';
import { run as runQuery, session as sessionQuery, wordsOf } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { BackLink } from '../ui/back-link.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Fault } from '../ui/fault.tsx';
import { short } from '../ui/numbers.ts';
import { Page } from '../ui/page.tsx';
import { Status } from '../ui/status.tsx';
import { fullTime, lengthOf, useNow } from '../ui/time.tsx';
import { Working } from '../ui/working.tsx';
import { EventList } from './event-list.tsx';
import { Timeline } from './timeline.tsx';
import { useRunEvents } from './use-run-events.ts';

/** A run as a timeline of what was at work when; its events below. */
export function RunPage() {
  const { id } = useParams<{ id: string }>();
  return <RunView key={id} id={id} />;
}

function RunView({ id }: { id: string }) {
  const { data: run, error } = useQuery(runQuery(id));
  const { data: session } = useQuery({ ...sessionQuery(run?.session_id ?? ''), enabled: run !== undefined });
  const { events, error: readError } = useRunEvents(id);
  const [showsEvents, setShowsEvents] = useState(false);
  const cancel = useMutation({ mutationFn: () => runtime.runs.cancel(id) });
  const now = useNow();
  if (error)
    return (
      <Empty isPage title="The run cannot be shown">
        {wordsOf(error)}
      </Empty>
    );
  if (!run) return <Working className="m-8">Loading the run</Working>;

  const begin = Date.parse(run.started_at ?? run.created_at);
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  const { usage } = run;
  return (
    <Page
      title={
        <>
          <BackLink to={address.session(run.session_id)}>{session?.title || 'Session'}</BackLink>
          <br />
          Run
        </>
      }
      about={
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
          <Status status={run.status} />
          <span>{fullTime(run.created_at)}</span>
          <span className="tabular-nums">{lengthOf(end - begin)}</span>
          <span>{run.agent}</span>
          {run.model && <span>{run.model}</span>}
          <span className="tabular-nums">
            {usage.model_calls === 1 ? 'one model call' : `${usage.model_calls} model calls`},{' '}
            {short(usage.total_tokens)} tokens
          </span>
          {run.attempt > 1 && <span>taken over {run.attempt - 1} times</span>}
          <span title="Of the trace, and in the log of the server" className="break-all font-mono">
            {run.trace_id}
          </span>
        </p>
      }
      actions={
        run.finished_at === null && (
          <Button kind="danger" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            Stop
          </Button>
        )
      }
    >
      <Fault error={run.error?.message} className="mb-5" />
      <Fault error={readError ?? cancel.error} className="mb-5" />
      <Timeline events={events} begin={begin} end={end} />
      <div className="mt-8">
        <Button
          kind="quiet"
          aria-expanded={showsEvents}
          onClick={() => setShowsEvents(!showsEvents)}
          className="-ml-3"
        >
          {showsEvents ? 'Hide' : 'Show'} the {events.length} events
        </Button>
        {showsEvents && <EventList events={events} />}
      </div>
    </Page>
  );
}
