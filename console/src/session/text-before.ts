import type { Approval, Json, ShownMessage } from '@agent-runtime/client';
import { areEdits, edited } from '../approvals/file-changes.ts';
import type { Shown } from './session-store.ts';

interface Told extends Pick<Shown, 'messages' | 'calls' | 'cut'> {
  readonly answers: ReadonlyMap<string, Pick<ShownMessage, 'text'>>;
}

/** What a file holds after the calls before this one, as far as they tell. */
export function textBefore(
  { messages, answers, calls, cut }: Told,
  approvals: ReadonlyMap<string, Pick<Approval, 'modified_arguments'>>,
  wanted: string,
  callId: string,
): string | undefined {
  const texts = new Map<unknown, string | undefined>();
  for (const { call_id: id, tool_name: name, arguments: asked } of messages.flatMap(
    ({ toolCalls }) => toolCalls,
  )) {
    if (id === callId) break;
    if (calls.get(id) !== 'completed') continue;
    const args = Object(approvals.get(id)?.modified_arguments ?? asked) as Record<string, Json>;
    const { path, to, content, edits } = args;
    const isWhole = args['start_line'] === undefined && args['end_line'] === undefined && !cut.has(id);
    if (name === 'read_file' && isWhole) texts.set(path, answers.get(id)?.text);
    if (name === 'write_file') texts.set(path, typeof content === 'string' ? content : undefined);
    if (name === 'edit_file') texts.set(path, areEdits(edits) ? edited(texts.get(path), edits) : undefined);
    if (name === 'move_file') texts.set(to, texts.get(path));
    if (name === 'delete_file' || name === 'move_file') texts.delete(path);
  }
  return texts.get(wanted);
}
