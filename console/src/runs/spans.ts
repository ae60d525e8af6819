import type { RuntimeEvent } from '@agent-runtime/client';

/** Something that took time in a run. Times in milliseconds since 1970; without `end` it goes on. */
export interface Span {
  readonly id: string;
  readonly kind: 'model' | 'tool' | 'wait';
  readonly name: string;
  readonly begin: number;
  end?: number;
  outcome?: string;
}

/** What a run has spent its time with, in the order of its beginning. */
export function spansOf(events: readonly RuntimeEvent[]): Span[] {
  const spans = new Map<string, Span>();
  const finish = (id: string, at: number, outcome?: string) => {
    const span = spans.get(id);
    if (span && span.end === undefined) Object.assign(span, { end: at, outcome });
  };
  for (const event of events) {
    const at = Date.parse(event.created_at);
    switch (event.type) {
      case 'message.started':
        spans.set(event.data.message_id, {
          id: event.data.message_id,
          kind: 'model',
          name: event.data.agent,
          begin: at,
        });
        break;
      case 'message.completed':
        finish(event.data.message_id, at);
        break;
      case 'message.discarded':
        finish(event.data.message_id, at, event.data.reason);
        break;
      case 'approval.requested':
      case 'plan.approval_required': {
        const [id, name] =
          event.type === 'approval.requested'
            ? [event.data.approval.id, event.data.approval.subject]
            : [event.data.approval_id, event.data.plan.title];
        spans.set(id, { id, kind: 'wait', name, begin: at });
        break;
      }
      case 'approval.resolved':
        finish(event.data.approval_id, at, event.data.decision);
        break;
      case 'tool_call.requested':
        spans.set(event.data.call_id, {
          id: event.data.call_id,
          kind: 'tool',
          name: event.data.tool_name,
          begin: at,
        });
        break;
      case 'tool_call.settled':
        finish(event.data.call_id, at, event.data.status);
        break;
      case 'run.finished':
        for (const id of spans.keys()) finish(id, at);
        break;
      default:
    }
  }
  return [...spans.values()];
}
