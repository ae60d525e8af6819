import { useState } from 'react';

/** What is typed and not sent yet: kept over reloads, for each session apart. */
export function useDraft(sessionId: string): [string, (text: string) => void] {
  const name = `agent-runtime.draft.${sessionId}`;
  const [text, setText] = useState(() => sessionStorage.getItem(name) ?? '');
  return [
    text,
    (changed) => {
      setText(changed);
      if (changed) sessionStorage.setItem(name, changed);
      else sessionStorage.removeItem(name);
    },
  ];
}
