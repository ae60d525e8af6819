import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useDeferredValue, useId, useMemo, useState } from 'react';
import type { LentFolder } from '../lend/folder.ts';
import { Fault } from '../ui/fault.tsx';
import { focus } from '../ui/focus.ts';
import { FileIcon } from '../ui/icons.tsx';
import { visible } from '../ui/visible.ts';
import { Working } from '../ui/working.tsx';
import { matching } from './matching.ts';

const SHOWN = 50;
/** Files of a folder that are looked through. */
const MOST = 20_000;

interface Props {
  folder: LentFolder;
  onChoose: (path: string) => void;
  /** @param typed what was looked for, where nothing was chosen */
  onClose: (typed: string) => void;
}

/** The files of a lent folder, by what is typed: arrows and Enter choose, Escape closes. */
export function FilePicker({ folder, onChoose, onClose }: Props) {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const { data: paths, error } = useQuery({
    queryKey: ['lent-files', folder.id],
    queryFn: ({ signal }) => folder.files(MOST, signal),
    staleTime: 0,
    gcTime: 0,
  });
  const wanted = useDeferredValue(typed);
  const found = useMemo(() => matching(paths ?? [], wanted, SHOWN), [paths, wanted]);
  const current = Math.min(at, found.length - 1);
  const idOf = (index: number) => `${id}-${index}`;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((current + step + found.length) % Math.max(1, found.length));
    else if (event.key === 'Escape') onClose(typed);
    else if (event.key === 'Enter' && paths) {
      const path = found[current];
      if (path === undefined) onClose(typed);
      else onChoose(path);
    } else return;
    event.preventDefault();
  };
  return (
    <div className="absolute inset-x-0 bottom-full z-10 mb-2 overflow-hidden rounded-xl border border-line-strong bg-panel shadow-float">
      <input
        ref={focus}
        role="combobox"
        aria-label="Find a file"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? idOf(current) : undefined}
        placeholder="Find a file of the folder"
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => onClose(typed)}
        className="w-full border-b border-line bg-transparent px-4 py-2.5 outline-none placeholder:text-faint"
      />
      <Fault error={error && 'The folder cannot be read.'} className="m-2" />
      {!paths && !error && <Working className="px-4 py-3">Looking through the folder</Working>}
      {paths && found.length === 0 && (
        <p className="px-4 py-3 text-faint">
          {paths.length === 0 ? 'There are no files in the folder.' : 'No file has this name.'}
        </p>
      )}
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label="Files"
        className="max-h-64 overflow-y-auto p-1 empty:hidden"
      >
        {found.map((path, index) => (
          <li
            key={path}
            id={idOf(index)}
            role="option"
            aria-selected={index === current}
            ref={index === current ? intoView : undefined}
            // Before the field loses the focus.
            onMouseDown={(event) => {
              event.preventDefault();
              onChoose(path);
            }}
            className={`flex cursor-pointer items-center gap-2 rounded-lg px-3 py-1.5 font-mono text-xs ${index === current ? 'bg-accent-wash text-accent' : 'hover:bg-sunken'}`}
          >
            <FileIcon className="size-3.5 text-faint" />
            <span className="truncate">{visible(path)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

const intoView = (option: HTMLElement | null): void => option?.scrollIntoView({ block: 'nearest' });
