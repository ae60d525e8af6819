import { Problem, type Synopsis, type SynopsisItem } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient, wordsOf } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Fault } from '../ui/fault.tsx';
import { CloseIcon, PlusIcon } from '../ui/icons.tsx';

const KINDS: readonly { value: SynopsisItem['kind']; name: string }[] = [
  { value: 'heading', name: 'Heading' },
  { value: 'text', name: 'Text' },
  { value: 'decision', name: 'Decision' },
  { value: 'open_question', name: 'Open question' },
  { value: 'list', name: 'List' },
  { value: 'code', name: 'Code' },
];

interface Draft {
  readonly key: number;
  readonly kind: SynopsisItem['kind'];
  readonly text: string;
  /** What a kind has beside its text. */
  readonly rest: { reason?: string; language?: string };
}

/** A version in the user’s words, which takes the place of the one that it was made from. */
export function SynopsisEditor({
  sessionId,
  synopsis,
  onClose,
}: {
  sessionId: string;
  synopsis: Synopsis;
  onClose: () => void;
}) {
  const [title, setTitle] = useState(synopsis.title ?? '');
  const [drafts, setDrafts] = useState(() => (synopsis.items ?? []).map(draftOf));
  // What is edited stays based on what was there when the editing began.
  const [basedOn] = useState(synopsis.version ?? 0);
  const save = useMutation({
    mutationFn: () =>
      runtime.synopses.edit(sessionId, { title, items: drafts.map(itemOf), based_on: basedOn }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['synopsis', sessionId] });
      onClose();
    },
  });
  const change = (key: number, changed: Partial<Draft>) =>
    setDrafts(drafts.map((draft) => (draft.key === key ? { ...draft, ...changed } : draft)));
  const isOvertaken = save.error instanceof Problem && save.error.code === 'synopsis.version_changed';

  return (
    <form
      className="mt-5 space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <label className="block">
        <span className="text-xs font-medium text-soft">Title</span>
        <input
          value={title}
          maxLength={200}
          required
          onChange={(event) => setTitle(event.target.value)}
          className="mt-1 block h-9 w-full rounded-lg border border-line-strong bg-panel px-3 font-semibold"
        />
      </label>
      {drafts.map(({ key, kind, text }, index) => (
        <div key={key} className="rounded-lg border border-line p-2">
          <div className="flex items-center">
            <Choice
              label={`Kind of entry ${index + 1}`}
              value={kind}
              onChange={(value) => change(key, { kind: value as Draft['kind'], rest: {} })}
              options={KINDS}
            />
            <span className="flex-1" />
            <Button
              kind="quiet"
              className="h-7 px-1.5"
              aria-label={`Remove entry ${index + 1}`}
              onClick={() => setDrafts(drafts.filter((draft) => draft.key !== key))}
            >
              <CloseIcon className="size-3.5" />
            </Button>
          </div>
          <textarea
            aria-label={`Entry ${index + 1}`}
            value={text}
            rows={1}
            required
            onChange={(event) => change(key, { text: event.target.value })}
            className={`block w-full resize-none rounded bg-transparent px-2 py-1 [field-sizing:content] ${kind === 'code' ? 'font-mono text-xs' : ''}`}
          />
        </div>
      ))}
      <Button
        kind="quiet"
        onClick={() =>
          setDrafts([
            ...drafts,
            { key: 1 + Math.max(0, ...drafts.map(({ key }) => key)), kind: 'text', text: '', rest: {} },
          ])
        }
      >
        <PlusIcon /> Entry
      </Button>
      <Fault
        error={
          isOvertaken
            ? 'Another version was written meanwhile. Copy what you need, and edit that one.'
            : save.error && wordsOf(save.error)
        }
      />
      <div className="flex gap-2">
        <Button type="submit" kind="primary" disabled={save.isPending}>
          {save.isPending ? 'Saving' : 'Save as a new version'}
        </Button>
        <Button kind="quiet" disabled={save.isPending} onClick={onClose}>
          Back
        </Button>
      </div>
    </form>
  );
}

function draftOf(item: SynopsisItem, key: number): Draft {
  if (item.kind === 'list') return { key, kind: 'list', text: item.entries.join('\n'), rest: {} };
  const { kind, text, ...rest } = item;
  return { key, kind, text, rest };
}

const itemOf = ({ kind, text, rest }: Draft): SynopsisItem =>
  kind === 'list'
    ? { kind, entries: text.split('\n').filter((entry) => entry.trim() !== '') }
    : { kind, text, ...rest };
