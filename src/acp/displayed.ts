import type { ToolCallContent } from '@agentclientprotocol/sdk';
import { displayIn } from '#client/edit';
import type { Roots } from '../ide/roots.js';
import { MAX_SHOWN, cut, fenced } from './text.js';
import { textContent } from './tool-call.js';

/** Of a file that is shown as a diff, in characters. */
const MAX_DIFF = 500_000;

/** What a client has kept with an answer, as an editor shows it; undefined where that is nothing it knows. */
export function displayedContent(given: unknown, roots: Roots): ToolCallContent[] | undefined {
  const display = displayIn(given);
  if (display?.type === 'output') {
    const { text, exit_code: code } = display;
    return [textContent(fenced(cut(text, MAX_SHOWN)) + (code === 0 ? '' : `\n\nExit code: ${code}`))];
  }
  if (!display) return undefined;
  return fileDiff(display.path, display.old_text, display.new_text, roots);
}

/** @param before null where there is no file */
export function fileDiff(
  path: string,
  before: string | null,
  after: string,
  roots: Roots,
): ToolCallContent[] {
  if ((before?.length ?? 0) + after.length > MAX_DIFF) return [textContent(`${path}: too long to be shown`)];
  return [{ type: 'diff', path: roots.absolute(path), oldText: before, newText: after }];
}
