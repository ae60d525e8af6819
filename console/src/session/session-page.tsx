import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { DropZone } from '../attachments/drop-zone.tsx';
import { session as sessionQuery } from '../app/queries.ts';
import { Composer } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { PermissionsBar } from './permissions.tsx';
import { SessionHeader } from './session-header.tsx';
import { SessionMissing } from './session-missing.tsx';
import { SidePane } from './side-pane.tsx';
import { TodoBar } from './todo-bar.tsx';
import { useSessionStore, useShown } from './use-session-store.ts';

export function SessionPage() {
  const { id } = useParams<{ id: string }>();
  return <SessionView key={id} id={id} />;
}

function SessionView({ id }: { id: string }) {
  const store = useSessionStore(id);
  const shown = useShown(store);
  const { data: session } = useQuery({ ...sessionQuery(id), enabled: !shown.isLoading });
  if (shown.error) return <SessionMissing error={shown.error} />;
  return (
    <div className="flex h-full">
      <DropZone sessionId={id} isOpen={session?.archived_at === null}>
        <SessionHeader id={id} session={session} />
        <Conversation sessionId={id} shown={shown} store={store} />
        <TodoBar items={shown.todos} />
        {session && <PermissionsBar sessionId={id} />}
        {session && <Composer session={session} run={shown.activeRun} />}
      </DropZone>
      {session && <SidePane session={session} shown={shown} />}
    </div>
  );
}
