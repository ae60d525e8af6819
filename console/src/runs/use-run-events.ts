import type { RuntimeEvent } from '@agent-runtime/client';
import { useEffect, useState } from 'react';
import { runtime } from '../app/runtime.ts';

/** Events are shown in bunches: a run from its beginning has thousands. */
const SHOW_MS = 200;

/** The events of a run without pieces of answers, from its first to its last. */
export function useRunEvents(id: string) {
  const [events, setEvents] = useState<readonly RuntimeEvent[]>([]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const controller = new AbortController();
    const all: RuntimeEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      setEvents([...all]);
    };
    const read = async () => {
      for await (const event of runtime.runs.events(id, { signal: controller.signal })) {
        if (event.type === 'message.delta' || event.type === 'message.reasoning_delta') continue;
        all.push(event);
        timer ??= setTimeout(show, SHOW_MS);
      }
    };
    read().catch(setError);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [id]);
  return { events, error };
}
