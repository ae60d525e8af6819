import type { FixtureResponse } from '@copilotkit/aimock';
import { reasonOf } from './outcome.js';
import { callTool, finish, sayAndCall } from './reply.js';
import { Turn } from './turn.js';
import { Replacement } from './wish.js';

const MAX_EDITS = 3;

/** Reads the file, changes the text, and reads again where the change was refused; undefined once it is changed. */
export function changeText(turn: Turn, path: string, { from, to }: Replacement): FixtureResponse | undefined {
  const edits = turn.calls('edit_file');
  const reads = turn.calls('read_file');
  const [edit, read] = [edits.at(-1), reads.at(-1)];
  if (edit && !edit.failed) return undefined;
  if (edit && (edit.refused || edits.length === MAX_EDITS)) {
    return finish(`I could not change ${path}: ${reasonOf(edit)}. Nothing was changed.`);
  }
  if (reads.length <= edits.length) {
    const said = edit ? `That was refused: ${reasonOf(edit)}.` : `I will read ${path} before I change it.`;
    return sayAndCall(said, callTool('read_file', { path }));
  }
  if (read!.failed) return finish(`I could not read ${path}: ${reasonOf(read!)}. Nothing was changed.`);
  const said = edit ? 'Once more, on what it says now:' : 'Now I change these words.';
  return sayAndCall(said, callTool('edit_file', { path, edits: [{ old_text: from, new_text: to }] }));
}
