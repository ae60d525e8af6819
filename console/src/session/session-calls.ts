import type { Message, OpenToolCall, RuntimeEvent, Session } from '@agent-runtime/client';
import { holdersOf } from './holders-of.ts';

export type CallStatus =
  'waits_for_you' | 'requested' | 'completed' | 'failed' | 'rejected' | 'expired' | 'cancelled';

/** How far the tool calls of a session are, by the ids of the calls. */
export class SessionCalls {
  /** A call without one is at work, or not carried out yet. */
  #statuses = new Map<string, CallStatus>();
  /** Those whose answer is shown by its beginning and its end. */
  #cut = new Set<string>();
  /** Who executes a call that is requested. */
  #claims = new Map<string, string>();

  begin(messages: readonly Message[], { active_run: run }: Session, open: readonly OpenToolCall[]): void {
    this.#statuses = new Map();
    this.#cut = new Set();
    this.take(messages);
    for (const { kind, id } of run?.waiting_for ?? []) {
      if (kind === 'tool_result') this.#statuses.set(id, 'requested');
    }
    this.#claims = holdersOf(open);
  }

  /** Takes the outcomes that messages bring. */
  take(messages: readonly Message[]): void {
    for (const { call_id: id, call_status: status, truncated } of messages) {
      if (id && status) this.#statuses.set(id, status);
      if (id && truncated) this.#cut.add(id);
    }
  }

  note(event: RuntimeEvent): void {
    switch (event.type) {
      case 'message.created':
        this.take([event.data.message]);
        break;
      case 'approval.requested':
        if (event.data.approval.call_id) this.#statuses.set(event.data.approval.call_id, 'waits_for_you');
        break;
      case 'tool_call.requested':
        this.#statuses.set(event.data.call_id, 'requested');
        break;
      case 'tool_call.claimed':
        this.#claims.set(event.data.call_id, event.data.client_id);
        break;
      case 'tool_call.released':
        this.#claims.delete(event.data.call_id);
        if (!event.data.needs_approval) this.#statuses.set(event.data.call_id, 'requested');
        break;
      case 'tool_call.settled':
        this.#statuses.set(event.data.call_id, event.data.status);
        this.#claims.delete(event.data.call_id);
        break;
      default:
    }
  }

  /** As they are now: copies, which stay as they are. */
  shown() {
    return {
      calls: new Map(this.#statuses),
      cut: new Set(this.#cut),
      claims: new Map(this.#claims),
    };
  }
}
