import { useSyncExternalStore } from 'react';
import { draftOf } from './draft-attachments.ts';

/** What goes with the next message of a session. */
export function useDraftAttachments(sessionId: string) {
  const draft = draftOf(sessionId);
  const list = useSyncExternalStore(draft.list.subscribe, draft.list.get);
  const refusal = useSyncExternalStore(draft.refusal.subscribe, draft.refusal.get);
  return { draft, list, refusal };
}
