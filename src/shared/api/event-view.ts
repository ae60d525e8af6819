import { StreamItem, StreamReset, cursorOf, isReset } from '../application/event-stream.js';

/** An event as clients see it: the `data` of a server-sent event. */
export interface EventView {
  readonly id: string;
  readonly type: string;
  readonly session_id: string;
  readonly run_id: string | null;
  readonly created_at: string;
  readonly data: object;
}

export function toEventView(sessionId: string, item: StreamItem): EventView {
  const { type, runId, data } = isReset(item) ? resetEvent(item) : item;
  return {
    id: String(cursorOf(item)),
    type,
    session_id: sessionId,
    run_id: runId,
    created_at: item.createdAt.toISOString(),
    data,
  };
}

const resetEvent = ({ reason, resumeAfter }: StreamReset) => ({
  type: 'stream.reset',
  runId: null,
  data: { reason, resume_after: String(resumeAfter) },
});
