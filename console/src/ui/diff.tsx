import { structuredPatch } from 'diff';
import { useMemo } from 'react';
import { visible } from './visible.ts';

/** Beyond this a comparison may take seconds. */
const LONGEST = 400_000;

interface Line {
  readonly kind: '+' | '-' | ' ' | '@';
  readonly text: string;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

const LOOKS = {
  '+': 'bg-good-wash text-good',
  '-': 'bg-bad-wash text-bad',
  ' ': 'text-soft',
  '@': 'bg-sunken text-faint',
};

interface Props {
  before: string;
  after: string;
  label: string;
  /** A piece of a file: where its lines stand is not known. */
  isPiece?: boolean;
  /** The number of the first line. */
  from?: number;
}

/** What changes in a text, line by line. */
export function Diff({ before, after, label, isPiece = false, from = 1 }: Props) {
  const lines = useMemo(() => linesOf(before, after, from), [before, after, from]);
  if (lines.length === 0) return <p className="text-faint">Nothing changes in the text.</p>;
  return (
    <div
      role="group"
      aria-label={label}
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-lg border border-line bg-page py-1 font-mono text-xs leading-5"
    >
      <table className="w-full border-collapse">
        <tbody>
          {lines.map(({ kind, text, before: old, after: now }, index) => (
            <tr key={index} className={LOOKS[kind]}>
              {!isPiece && <Place line={old} />}
              {!isPiece && <Place line={now} />}
              <td className="w-px pl-1 select-none">{kind === '@' ? '' : kind}</td>
              <td className="pr-3 pl-1 whitespace-pre-wrap wrap-anywhere">{visible(text) || ' '}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Place = ({ line = '' }: { line?: number | string | undefined }) => (
  <td className="w-px px-2 text-right text-faint tabular-nums select-none">{line}</td>
);

export function linesOf(before: string, after: string, from = 1): Line[] {
  if (before.length + after.length > LONGEST) {
    return [{ kind: '@', text: `The text is too long to be compared here (${after.length} characters).` }];
  }
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: 3 });
  return hunks.flatMap(({ oldStart, newStart, lines }, index) => {
    let old = oldStart + from - 1;
    let now = newStart + from - 1;
    const shown = lines.flatMap((line): Line[] => {
      const text = line.slice(1);
      if (line.startsWith('+')) return [{ kind: '+', text, after: now++ }];
      if (line.startsWith('-')) return [{ kind: '-', text, before: old++ }];
      if (line.startsWith('\\')) return []; // no line end at the end of the file
      return [{ kind: ' ', text, before: old++, after: now++ }];
    });
    return index === 0 ? shown : [{ kind: '@', text: '…' }, ...shown];
  });
}
