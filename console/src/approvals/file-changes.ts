import type { Json } from '@agent-runtime/client';
import { type Edit, applyEdits } from '@agent-runtime/client/edit';

/** A text and what becomes of it. */
export interface FileChange {
  readonly before: string;
  readonly after: string;
}

export interface FileChanges {
  /** Of the whole file, or where that is not known of each place that is looked for. */
  readonly changes: readonly FileChange[];
  readonly areOfWhole: boolean;
  /** What the changes are compared with. */
  readonly note: string;
}

const COMPARED = 'Compared with what this session last read or wrote.';

/**
 * What a call does to the text of its file; undefined for a call that changes no text, or none that can be shown.
 * @param known what the file holds, as far as the session has seen it
 */
export function changesOf(name: string, args: Json, known: string | undefined): FileChanges | undefined {
  const { content, edits } = Object(args) as Record<string, Json>;
  switch (name) {
    case 'write_file': {
      if (typeof content !== 'string') return undefined;
      const note =
        known === undefined ? 'Shown as a new file: this session has not read one of that name.' : COMPARED;
      return { changes: [{ before: known ?? '', after: content }], areOfWhole: true, note };
    }
    case 'edit_file': {
      if (!areEdits(edits)) return undefined;
      const after = edited(known, edits);
      return after === undefined
        ? { changes: edits.map(piece), areOfWhole: false, note: noteOn(edits) }
        : { changes: [{ before: known!, after }], areOfWhole: true, note: COMPARED };
    }
    case 'delete_file':
      if (known === undefined) return undefined;
      return { changes: [{ before: known, after: '' }], areOfWhole: true, note: COMPARED };
    default:
      return undefined;
  }
}

/** The text of a file after edits; undefined where it is not known, or they do not fit it. */
export function edited(known: string | undefined, edits: readonly Edit[]): string | undefined {
  if (known === undefined) return undefined;
  try {
    return applyEdits(known, edits);
  } catch {
    return undefined; // the file holds something else by now, and the client that executes the call says so
  }
}

export const areEdits = (edits: Json | undefined): edits is Json & Edit[] =>
  Array.isArray(edits) &&
  edits.every((edit) => {
    const { old_text: old, new_text: now } = Object(edit) as Record<string, Json>;
    return typeof old === 'string' && typeof now === 'string';
  });

const piece = ({ old_text: before, new_text: after }: Edit): FileChange => ({ before, after });

const noteOn = (edits: readonly Edit[]): string => {
  const isOne = edits.length === 1;
  const every = edits.some(({ replace_all: all }) => all) ? ' Where it says so, every such place.' : '';
  return `The ${isOne ? 'place' : 'places'} to be changed; this session does not know the whole file.${every}`;
};
