import { useMutation, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { me, sessions } from '../app/queries.ts';
import { useNewSession } from '../app/use-new-session.ts';
import type { CardActions } from '../approvals/approval-card.tsx';
import { Fault } from '../ui/fault.tsx';
import { TaskCards } from '../ui/task-cards.tsx';
import { Working } from '../ui/working.tsx';
import { InboxItem } from './inbox-item.tsx';
import { NotifyButton } from './notify-button.tsx';
import { useWaiting } from './use-waiting.ts';

/** What waits for the user, over all sessions: `j` and `k` move, `a` approves, `e` edits, `r` rejects. */
export function InboxPage() {
  const { items, isPending, error } = useWaiting();
  const [chosen, setChosen] = useState<string>();
  const actions = useRef<CardActions>(null);
  const at = Math.max(
    0,
    items.findIndex(({ id }) => id === chosen),
  );
  const current = items[at]?.id;

  const onKey = (event: KeyboardEvent | globalThis.KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const move = { j: 1, k: -1 }[event.key];
    const act = { a: 'approve', e: 'edit', r: 'reject' }[event.key] as keyof CardActions | undefined;
    if (move) setChosen(items[Math.min(items.length - 1, Math.max(0, at + move))]?.id);
    if (act) actions.current?.[act]();
    if (move || act) event.preventDefault();
  };
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => latest.current(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);

  return (
    <div className="h-full overflow-y-auto">
      <div className="mx-auto max-w-3xl px-4 py-8 sm:px-6">
        <header className="flex items-start gap-4">
          <div className="flex-1">
            <h1 className="text-xl font-semibold tracking-tight">Inbox</h1>
            <p className="mt-0.5 text-soft">What waits for you, in all sessions.</p>
          </div>
          <NotifyButton />
        </header>
        {isPending && <Working className="mt-8">Looking</Working>}
        <Fault error={error} className="mt-6" />
        {items.length > 0 && (
          <>
            <ul className="mt-6 space-y-4">
              {items.map((item) => (
                <InboxItem
                  key={item.id}
                  item={item}
                  isCurrent={item.id === current}
                  onFocus={() => setChosen(item.id)}
                  actions={item.id === current ? actions : null}
                />
              ))}
            </ul>
            <Keys />
          </>
        )}
        {!isPending && !error && items.length === 0 && <Nothing />}
      </div>
    </div>
  );
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

const KEYS = [
  ['j', 'next'],
  ['k', 'before'],
  ['a', 'approve'],
  ['e', 'edit'],
  ['r', 'reject'],
] as const;

const Keys = () => (
  <p className="mt-6 flex flex-wrap gap-x-4 gap-y-1 text-xs text-faint max-sm:hidden">
    {KEYS.map(([key, meaning]) => (
      <span key={key}>
        <kbd className="mr-1 rounded border border-line-strong px-1 font-mono">{key}</kbd>
        {meaning}
      </span>
    ))}
  </p>
);

/** An empty inbox; on a first visit with something to begin with. */
function Nothing() {
  const { data: account } = useQuery(me);
  const { data: known } = useQuery(sessions(''));
  const begin = useMutation(useNewSession());
  const isFirst = known?.length === 0;
  return (
    <div className="mt-8">
      <div className="rounded-xl border border-dashed border-line-strong px-5 py-6 text-soft">
        <p className="font-medium text-ink">Nothing waits for you.</p>
        <p className="mt-0.5">
          Questions of agents, plans to review and calls without an IDE appear here, with what is needed to
          decide.
        </p>
      </div>
      <h2 className="mt-10 mb-3 font-semibold">
        {isFirst ? 'Begin with one of these' : 'Begin something new'}
      </h2>
      <TaskCards disabled={begin.isPending} error={begin.error} onChoose={(task) => begin.mutate({ task })} />
      {account?.offline && (
        <p className="mt-4 text-xs text-faint">
          The offline demo model answers: canned words, real events. Set OPENAI_API_KEY or OPENAI_BASE_URL for
          a real one.
        </p>
      )}
    </div>
  );
}
