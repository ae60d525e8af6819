const AROUND = 3;

/** What an answer has changed in a file, for people to see. */
export type DiffDisplay = {
  readonly type: 'diff';
  readonly path: string;
  /** The number in the file of the first line shown, from 1. */
  readonly line: number;
  /** The lines that change, with up to three around them; null = there was no file. */
  readonly old_text: string | null;
  readonly new_text: string;
};

/** What a command has printed. */
export type OutputDisplay = {
  readonly type: 'output';
  readonly text: string;
  /** Null = it was killed, or its client does not tell. */
  readonly exit_code: number | null;
};

/** What the clients of this project show of an answer: `display` of a `tool_result`, which the history gives back. */
export type Display = DiffDisplay | OutputDisplay;

/** @param given as the history has it; nothing is sure about it. @returns undefined where a client shows something else */
export function displayIn(given: unknown): Display | undefined {
  const {
    type,
    path,
    line,
    old_text: before,
    new_text: after,
    text,
    exit_code: code,
  } = Object(given) as Partial<Record<keyof DiffDisplay | keyof OutputDisplay, unknown>>;
  if (type === 'diff' && typeof path === 'string' && typeof after === 'string') {
    if (typeof before !== 'string' && before !== null) return undefined;
    return { type, path, line: typeof line === 'number' ? line : 1, old_text: before, new_text: after };
  }
  if (type !== 'output' || typeof text !== 'string') return undefined;
  return { type, text, exit_code: typeof code === 'number' ? code : null };
}

/** What changes between two texts of a file. @param before null where there was none */
export function diffOf(path: string, before: string | null, after: string): DiffDisplay {
  const [old, now] = [linesOf(before ?? ''), linesOf(after)];
  const shorter = Math.min(old.length, now.length);
  let begin = 0;
  while (begin < shorter && old[begin] === now[begin]) begin++;
  let end = 0;
  while (end < shorter - begin && old.at(-1 - end) === now.at(-1 - end)) end++;
  const first = Math.max(0, begin - AROUND);
  const piece = (lines: readonly string[]) =>
    lines.slice(first, lines.length - Math.max(0, end - AROUND)).join('');
  return {
    type: 'diff',
    path,
    line: first + 1,
    old_text: before === null ? null : piece(old),
    new_text: piece(now),
  };
}

const linesOf = (text: string): string[] => text.split(/(?<=\n)/);
