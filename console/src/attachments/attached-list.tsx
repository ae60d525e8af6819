import type { Attached } from '@agent-runtime/client';
import { CodeBlock } from '../ui/code-block.tsx';
import { ChevronIcon, FileIcon, ToolIcon } from '../ui/icons.tsx';
import { visible } from '../ui/visible.ts';
import { StoredImage } from './stored-image.tsx';

/** What went with a message: pictures, then the rest, each of which opens to what was sent. */
export function AttachedList({ attached }: { attached: readonly Attached[] }) {
  const others = attached.filter(({ type }) => type !== 'image');
  return (
    <>
      <Images attached={attached} />
      {others.map((each, index) => (
        <Other key={index} attached={each} />
      ))}
    </>
  );
}

/** The images among them. */
export function Images({ attached }: { attached: readonly Attached[] }) {
  const images = attached.filter((each) => each.type === 'image');
  if (images.length === 0) return null;
  return (
    <div className="flex max-w-full flex-wrap items-end [justify-content:var(--side,start)] gap-2">
      {images.map(({ blob_id: id, width, height }, index) => (
        <StoredImage
          key={index}
          id={id}
          width={width}
          height={height}
          label={images.length === 1 ? 'Picture' : `Picture ${index + 1}`}
        />
      ))}
    </div>
  );
}

function Other({ attached }: { attached: Attached }) {
  if (attached.type === 'image') return null;
  if (attached.type === 'diagnostics') {
    const { items } = attached;
    const text = items.map(({ path, line, severity, message }) =>
      visible(`${severity} ${path}${line === undefined ? '' : `:${line}`}\n  ${message}`),
    );
    return (
      <Chip
        Icon={ToolIcon}
        name={items.length === 1 ? 'One problem' : `${items.length} problems`}
        text={text.join('\n')}
      />
    );
  }
  const { path, content, start_line: from, end_line: to } = attached;
  const lines = from === undefined ? '' : to === undefined ? `from line ${from}` : `lines ${from} to ${to}`;
  const note = [lines, content === undefined && 'by its path only'].filter(Boolean).join(', ');
  return <Chip Icon={FileIcon} name={visible(path)} note={note} text={content} />;
}

interface ChipProps {
  Icon: typeof FileIcon;
  name: string;
  note?: string;
  text: string | undefined;
}

function Chip({ Icon, name, note, text }: ChipProps) {
  const head = (
    <>
      <Icon className="size-3.5 text-faint" />
      <code className="min-w-0 truncate font-mono" title={name}>
        {name}
      </code>
      {note && <span className="shrink-0 text-faint">{note}</span>}
    </>
  );
  const look =
    'flex max-w-full items-center gap-1.5 rounded-lg border border-line bg-panel px-2.5 py-1 text-xs';
  if (text === undefined) return <p className={look}>{head}</p>;
  return (
    <details className="max-w-full min-w-0 open:w-full">
      <summary className={`${look} ml-auto w-fit hover:bg-sunken`}>
        {head}
        <ChevronIcon className="size-3 text-faint chevron" />
      </summary>
      <div className="mt-1.5">
        <CodeBlock text={visible(text)} />
      </div>
    </details>
  );
}
