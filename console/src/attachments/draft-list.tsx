import { useState } from 'react';
import { CloseIcon, FileIcon, PictureIcon } from '../ui/icons.tsx';
import { visible } from '../ui/visible.ts';
import { type DraftAttachment, isPending } from './draft-attachments.ts';
import { useBlob, useObjectUrl } from './use-blob.ts';

interface Props {
  list: readonly DraftAttachment[];
  onRemove: (key: string) => void;
}

/** What goes with the next message, and what has become of it. */
export function DraftList({ list, onRemove }: Props) {
  if (list.length === 0) return null;
  return (
    <ul aria-label="Attachments" className="flex max-h-48 flex-wrap gap-2 overflow-y-auto px-3 pt-3">
      {list.map((each) => (
        <li
          key={each.key}
          data-draft={each.fault ? 'fault' : isPending(each) ? 'pending' : 'ready'}
          className={`flex max-w-full items-center gap-2 rounded-xl border p-1 pr-1.5 text-xs ${each.fault ? 'border-bad bg-bad-wash' : 'border-line bg-page'}`}
        >
          {each.kind === 'image' ? (
            <Preview draft={each} />
          ) : (
            <FileIcon className="mx-1 my-1.5 size-4 text-faint" />
          )}
          <span className="max-w-56 min-w-0">
            <span
              className={`block truncate ${each.kind === 'file' ? 'font-mono' : ''}`}
              title={visible(each.name)}
            >
              {visible(each.name)}
            </span>
            <Note draft={each} />
          </span>
          <button
            type="button"
            aria-label={`Remove ${visible(each.name)}`}
            onClick={() => onRemove(each.key)}
            className="grid size-6 shrink-0 place-items-center rounded-lg text-faint hover:bg-sunken hover:text-ink"
          >
            <CloseIcon className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Note({ draft }: { draft: DraftAttachment }) {
  if (draft.fault)
    return (
      <span role="alert" className="block text-bad">
        {draft.fault}
      </span>
    );
  if (isPending(draft)) {
    return (
      <span role="status" className="block text-faint">
        Uploading…
        <span aria-hidden="true" className="mt-1 block h-1 overflow-hidden rounded-full bg-line">
          <span className="block h-full w-1/3 animate-[slide_1.2s_infinite] rounded-full bg-accent" />
        </span>
      </span>
    );
  }
  if (draft.kind === 'file' && draft.file.content === undefined)
    return <span className="block text-faint">By its path: it is too long to be sent</span>;
  return null;
}

function Preview({ draft }: { draft: DraftAttachment & { kind: 'image' } }) {
  const [isBroken, setIsBroken] = useState(false);
  const own = useObjectUrl(draft.source);
  const stored = useBlob(draft.source ? undefined : draft.blobId);
  const url = own ?? stored.url;
  return (
    <span className="grid size-10 shrink-0 place-items-center overflow-hidden rounded-lg bg-sunken">
      {url && !isBroken ? (
        <img src={url} alt="" onError={() => setIsBroken(true)} className="size-full object-cover" />
      ) : (
        <PictureIcon className="size-4 text-faint" />
      )}
    </span>
  );
}
