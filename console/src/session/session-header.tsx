import type { Session } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { address } from '../app/address.ts';
import { queryClient, session as sessionQuery, wordsOf } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { LendButton } from '../lend/lend-button.tsx';
import { focus } from '../ui/focus.ts';
import { NotesIcon } from '../ui/icons.tsx';
import { ConnectionMark } from './connection-mark.tsx';

/** Title, connection, and what can be done with the session as a whole. */
export function SessionHeader({ id, session }: { id: string; session: Session | undefined }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-line px-4">
      <Title id={id} title={session?.title ?? ''} />
      <ConnectionMark sessionId={id} />
      <span className="flex-1" />
      <LendButton sessionId={id} />
      <Link
        href={address.synopsis(id)}
        className="flex h-8 items-center gap-1.5 rounded-lg px-2 text-soft hover:bg-sunken hover:text-ink"
      >
        <NotesIcon />
        <span className="max-sm:sr-only">Synopsis</span>
      </Link>
      <ArchiveButton id={id} />
    </header>
  );
}

function Title({ id, title }: { id: string; title: string }) {
  const [draft, setDraft] = useState<string>();
  const rename = useMutation({
    mutationFn: (name: string) => runtime.sessions.update(id, { title: name }),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionQuery(id).queryKey, session);
      void queryClient.invalidateQueries({ queryKey: ['sessions'] });
      setDraft(undefined);
    },
  });
  if (draft === undefined) {
    return (
      <h1 className="min-w-0">
        <button
          type="button"
          title="Rename"
          onClick={() => setDraft(title)}
          className="block max-w-full truncate rounded px-1 text-left font-semibold hover:bg-sunken"
        >
          {title || 'New session'}
        </button>
      </h1>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (draft.trim() && draft !== title) rename.mutate(draft.trim());
    else setDraft(undefined);
  };
  return (
    <form onSubmit={submit} className="min-w-0 flex-1">
      <input
        ref={focus}
        aria-label="Title"
        aria-invalid={rename.isError}
        title={rename.isError ? wordsOf(rename.error) : undefined}
        maxLength={200}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => !rename.isPending && setDraft(undefined)}
        onKeyDown={(event) => event.key === 'Escape' && setDraft(undefined)}
        className="h-8 w-full max-w-md rounded-lg border border-line-strong bg-panel px-2 font-semibold"
      />
    </form>
  );
}

function ArchiveButton({ id }: { id: string }) {
  const [, go] = useLocation();
  const archive = useMutation({
    mutationFn: () => runtime.sessions.update(id, { archived: true }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['sessions'] });
      go(address.inbox);
    },
  });
  return (
    <button
      type="button"
      disabled={archive.isPending}
      title={archive.isError ? wordsOf(archive.error) : 'Takes it off the list; nothing is deleted'}
      onClick={() => archive.mutate()}
      className="h-8 rounded-lg px-2 text-soft hover:bg-sunken hover:text-ink max-sm:hidden"
    >
      Archive
    </button>
  );
}
