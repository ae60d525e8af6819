import { Problem } from '@agent-runtime/client';
import { useState } from 'react';
import { wordsOf } from '../app/queries.ts';
import { CloseIcon, PictureIcon } from '../ui/icons.tsx';
import { useBlob } from './use-blob.ts';

interface Props {
  id: string;
  width: number;
  height: number;
  /** What it is, for those who do not see it. */
  label: string;
}

const TALLEST = 192;
const WIDEST = 288;

/** An image of the conversation, small; it opens to its full size. Its place is kept while it loads, and where it is gone. */
export function StoredImage({ id, width, height, label }: Props) {
  const { url, error } = useBlob(id);
  const [isBroken, setIsBroken] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const scale = Math.min(1, TALLEST / height, WIDEST / width);
  const size = { width: Math.max(48, width * scale), height: Math.max(48, height * scale) };
  if (error || isBroken) return <Gone error={error} label={label} />;
  return (
    <>
      <button
        type="button"
        disabled={!url}
        onClick={() => setIsOpen(true)}
        aria-label={`${label}: show it in full`}
        style={{ aspectRatio: `${size.width} / ${size.height}`, width: size.width }}
        className="max-w-full overflow-hidden rounded-xl border border-line bg-sunken"
      >
        {url && (
          <img src={url} alt={label} onError={() => setIsBroken(true)} className="size-full object-contain" />
        )}
      </button>
      {isOpen && url && <InFull url={url} label={label} onClose={() => setIsOpen(false)} />}
    </>
  );
}

/** The place of an image that cannot be shown. */
function Gone({ error, label }: { error: unknown; label: string }) {
  const isMissing = !error || (error instanceof Problem && error.status === 404);
  return (
    <p className="flex items-center gap-2 rounded-xl border border-dashed border-line-strong px-3 py-2 text-xs text-faint">
      <PictureIcon className="size-4" />
      <span className="min-w-0 wrap-anywhere">
        {isMissing ? `${label}: not stored any more` : `${label}: ${wordsOf(error)}`}
      </span>
    </p>
  );
}

/** A picture over the page, until it is clicked or Escape is pressed. */
function InFull({ url, label, onClose }: { url: string; label: string; onClose: () => void }) {
  return (
    <dialog
      ref={open}
      aria-label={label}
      onClick={(event) => event.currentTarget.close()} // gives the focus back
      onClose={onClose}
      className="m-auto max-h-dvh max-w-[100vw] overflow-visible bg-transparent backdrop:bg-shade/75"
    >
      <img
        src={url}
        alt={label}
        className="max-h-[92dvh] max-w-[94vw] min-w-32 rounded-lg bg-sunken object-contain"
      />
      <button
        type="button"
        aria-label="Close"
        className="absolute top-2 right-2 rounded-full bg-panel p-1.5 text-ink shadow-float"
      >
        <CloseIcon />
      </button>
    </dialog>
  );
}

const open = (dialog: HTMLDialogElement | null): void => dialog?.showModal();
