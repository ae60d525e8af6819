import { Ids } from '../../../../shared/domain/ids.js';

/** A call that readers know before it is recorded. */
export interface DraftedCall {
  readonly callId: string;
  readonly toolName: string;
}

/** The ids of the calls of a reply: each keeps the one that it was announced with, in the order of the calls of its tool. */
export function idsOfCalls(
  toolNames: readonly string[],
  drafted: readonly DraftedCall[],
  ids: Pick<Ids, 'next'>,
): string[] {
  const left = [...drafted];
  return toolNames.map((name) => {
    const index = left.findIndex(({ toolName }) => toolName === name);
    return index < 0 ? ids.next() : left.splice(index, 1)[0]!.callId;
  });
}
