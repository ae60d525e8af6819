import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { type ComponentType, Suspense, lazy, useSyncExternalStore } from 'react';
import { Route, Router, Switch } from 'wouter';
import { InboxPage } from '../inbox/inbox-page.tsx';
import { SessionPage } from '../session/session-page.tsx';
import { Empty } from '../ui/empty.tsx';
import { Working } from '../ui/working.tsx';
import { useWaitingMark } from '../inbox/notify-button.tsx';
import { useActivity } from './activity.ts';
import { me, queryClient, wordsOf } from './queries.ts';
import { isSignedOut } from './runtime.ts';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';

/** Pages that a first visit does not show are loaded when they are asked for. */
const page = <Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) =>
  lazy(async () => ({ default: (await load())[name] }));

const PlanPage = page(() => import('../plan/plan-page.tsx'), 'PlanPage');
const SynopsisPage = page(() => import('../synopsis/synopsis-page.tsx'), 'SynopsisPage');
const RunPage = page(() => import('../runs/run-page.tsx'), 'RunPage');
const JobsPage = page(() => import('../jobs/jobs-page.tsx'), 'JobsPage');
const UsagePage = page(() => import('../usage/usage-page.tsx'), 'UsagePage');
const AgentsPage = page(() => import('../agents/agents-page.tsx'), 'AgentsPage');

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Router base="/console">
        <Gate />
      </Router>
    </QueryClientProvider>
  );
}

/** Nothing is shown before it is known who asks. What was typed stays where a key is revoked in between. */
function Gate() {
  const signedOut = useSyncExternalStore(isSignedOut.subscribe, isSignedOut.get);
  const account = useQuery(me);
  return (
    <>
      {account.data && (
        <div inert={signedOut} className="h-full">
          <Pages user={account.data.user} />
        </div>
      )}
      {signedOut && <SignIn />}
      {!account.data && !signedOut && (
        <div className="grid h-full place-items-center">
          {account.error ? (
            <Empty
              isPage
              title="The server does not answer"
              action={{ label: 'Try again', onClick: () => void account.refetch() }}
            >
              {wordsOf(account.error)}
            </Empty>
          ) : (
            <Working>Asking the server</Working>
          )}
        </div>
      )}
    </>
  );
}

function Pages({ user }: { user: string }) {
  useActivity(user);
  useWaitingMark();
  return (
    <Shell>
      <Suspense fallback={<Working className="m-8">Loading</Working>}>
        <Switch>
          <Route path="/" component={InboxPage} />
          <Route path="/sessions/:id" component={SessionPage} />
          <Route path="/sessions/:id/synopsis" component={SynopsisPage} />
          <Route path="/plans/:id" component={PlanPage} />
          <Route path="/runs/:id" component={RunPage} />
          <Route path="/jobs" component={JobsPage} />
          <Route path="/usage" component={UsagePage} />
          <Route path="/agents" component={AgentsPage} />
          <Route>
            <Empty isPage title="There is nothing at this address">
              It may have been deleted, or belong to another user.
            </Empty>
          </Route>
        </Switch>
      </Suspense>
    </Shell>
  );
}
