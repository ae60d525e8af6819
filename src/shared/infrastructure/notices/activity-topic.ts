import { ActivityKind } from '../../application/activity.js';
import { DeltaType } from '../../application/delta-log.js';
import { DomainEvent } from '../../domain/domain-event.js';

/** The sessions with events that lists show, and of which kind: an id and a kind, with a blank between. */
export const ACTIVITY = 'activity';

/** By the first word of an event's type. Pieces of answers are left out, and so is what has no effect on a list. */
const KINDS: Readonly<Record<string, ActivityKind>> = {
  run: 'run',
  message: 'message',
  steer: 'message',
  tool_call: 'tool_call',
  approval: 'approval',
  plan: 'plan',
  subtask: 'plan',
  job: 'job',
  synopsis: 'synopsis',
  agent: 'session',
  session: 'session',
};

/** A record, so that no kind of delta is forgotten. */
const DELTAS: Readonly<Record<DeltaType, true>> = { 'message.delta': true, 'message.reasoning_delta': true };

const SILENT = new Set([
  ...Object.keys(DELTAS),
  ...['tool_call.drafted', 'message.started', 'message.discarded'],
]);

export function activityOf(events: readonly DomainEvent[]): string[] {
  return events.flatMap((event) => {
    const kind = SILENT.has(event.type) ? undefined : KINDS[event.type.split('.')[0]!];
    if (kind === undefined) return [];
    const isTitle = event.type === 'session.updated' && event.data.changed.includes('title');
    return `${event.sessionId} ${isTitle ? 'title' : kind}`;
  });
}
