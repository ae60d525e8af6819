import type { SessionUpdate, ToolCallContent } from '@agentclientprotocol/sdk';
import type { DataOf, Message, Plan, RuntimeEvent } from '#client';
import { visible } from '#client/edit';
import type { Roots } from '../ide/roots.js';
import { entryOf, planCallId, planText } from './plan-view.js';
import { ShownCalls } from './shown-calls.js';
import { ShownMessages, chunk } from './shown-messages.js';
import { type Arguments, isOfRuntime, piecesOf, shownCall, textContent } from './tool-call.js';

type Updates = Generator<SessionUpdate>;

/**
 * Turns the events and messages of a session, live or replayed, into updates for the editor. It remembers what was shown,
 * so the same events and messages may be given again.
 */
export class Translator {
  /** How the newest message of the main history has ended. */
  finishReason: string | null = null;
  readonly #roots: Roots;
  /** The id of the newest event that was applied. */
  #newest = 0;
  readonly #calls: ShownCalls;
  /** The requested edits of the history: shown if the client has stored no diff. */
  readonly #edits = new Map<string, Arguments>();
  readonly #messages = new ShownMessages((subtaskId) => this.#headingOf(subtaskId));
  #subtasks: readonly Plan['subtasks'][number][] = [];
  #planCall: string | undefined;

  constructor(roots: Roots) {
    this.#roots = roots;
    this.#calls = new ShownCalls(roots);
  }

  /** The updates for an event; none for an event that was applied before. */
  apply(event: RuntimeEvent): SessionUpdate[] {
    if (event.type === 'stream.reset') this.#newest = 0;
    else if (Number(event.id) <= this.#newest) return [];
    else this.#newest = Number(event.id);
    return [...this.#apply(event)];
  }

  /** A message of the history. @param answered the calls that have an answer; others may still come */
  replay(message: Message, answered: ReadonlySet<string>): SessionUpdate[] {
    return [...this.#replay(message, answered)];
  }

  /** A plan as it is now. */
  plan(plan: Plan): SessionUpdate[] {
    this.#subtasks = plan.subtasks;
    return [this.#entries()];
  }

  /** Sets what is shown when a call is settled; the first value, for example its terminal, is kept. */
  note(callId: string, content: ToolCallContent[]): void {
    this.#calls.note(callId, content);
  }

  /** Ends the question about a plan for the editor; on the server it may stay open. */
  endPlanCall(): SessionUpdate[] {
    return [...this.#endPlanCall('completed')];
  }

  *#apply(event: RuntimeEvent): Updates {
    switch (event.type) {
      case 'message.started':
        return this.#messages.started(event.data);
      case 'message.delta':
        return yield* this.#messages.piece(event.data);
      case 'message.reasoning_delta':
        return yield* this.#messages.thought(event.data);
      case 'message.completed':
        return yield* this.#completed(event.data);
      case 'message.discarded':
        yield* this.#calls.endDrafts(event.data.message_id);
        return yield* this.#messages.discarded(event.data.message_id);
      case 'message.created':
        if (event.data.message.role === 'tool') yield* this.#calls.answered(event.data.message);
        return;
      case 'tool_call.drafted':
        return yield* this.#calls.drafted(event.data);
      case 'tool_call.requested':
        return yield* this.#calls.requested(event.data);
      case 'tool_call.settled':
        return yield* this.#calls.settled(event.data);
      case 'approval.resolved':
        if (event.data.kind !== 'plan') return;
        return yield* this.#endPlanCall(event.data.decision === 'approve' ? 'completed' : 'failed');
      case 'plan.created':
        this.#subtasks = event.data.plan.subtasks;
        return;
      case 'plan.approval_required':
        return yield* this.#planned(event.data.plan);
      case 'subtask.status_changed': {
        const { subtask_id: id, to } = event.data;
        this.#subtasks = this.#subtasks.map((each) => (each.id === id ? { ...each, status: to } : each));
        return yield this.#entries();
      }
      case 'todos.updated':
        return yield {
          sessionUpdate: 'plan',
          entries: event.data.items.map(({ text, status }) => ({
            content: visible(text),
            status,
            priority: 'medium',
          })),
        };
      case 'run.finished':
        return yield* this.#calls.endAll('The run has ended');
      default:
        return;
    }
  }

  *#replay(message: Message, answered: ReadonlySet<string>): Updates {
    if (message.role === 'user') yield chunk('user_message_chunk', message.id, message.content);
    if (message.role === 'tool') yield* this.#replayAnswer(message);
    if (message.role !== 'assistant') return;
    yield* this.#messages.say({ ...message, subtaskId: message.subtask_id ?? undefined });
    for (const call of message.tool_calls.filter(({ call_id: id }) => answered.has(id))) {
      if (isOfRuntime(call.tool_name)) continue;
      yield* this.#calls.show(call.call_id, shownCall(call.tool_name, call.arguments, this.#roots));
      if (call.tool_name === 'edit_file') this.#edits.set(call.call_id, call.arguments as Arguments);
    }
  }

  *#replayAnswer(message: Message): Updates {
    const edit = message.call_id === null ? undefined : this.#edits.get(message.call_id);
    const pieces = edit && message.display === undefined ? piecesOf(edit, this.#roots) : [];
    if (pieces.length > 0) this.note(message.call_id!, pieces);
    yield* this.#calls.answered(message);
  }

  *#completed(data: DataOf<'message.completed'>): Updates {
    const { message_id: id, subtask_id: subtaskId, tool_calls: calls, usage } = data;
    if (!subtaskId) this.finishReason = data.finish_reason;
    yield* this.#messages.say({
      id,
      subtaskId,
      content: data.content,
      reasoning: data.reasoning ?? null,
      suggestions: data.suggestions ?? null,
    });
    for (const { call_id: callId, tool_name: name, arguments: args } of calls) {
      if (isOfRuntime(name)) yield* this.#calls.end(callId, 'completed');
      else yield* this.#calls.show(callId, shownCall(name, args, this.#roots));
    }
    yield* this.#calls.endDrafts(id);
    if (usage?.context_window !== undefined && usage.context_tokens !== undefined) {
      yield { sessionUpdate: 'usage_update', used: usage.context_tokens, size: usage.context_window };
    }
  }

  *#planned(plan: Plan): Updates {
    this.#subtasks = plan.subtasks;
    yield this.#entries();
    const callId = planCallId(plan);
    if (this.#calls.isKnown(callId)) return;
    this.#planCall = callId;
    yield* this.#calls.show(callId, {
      title: visible(plan.title),
      kind: 'switch_mode',
      locations: [],
      rawInput: {},
    });
    yield { sessionUpdate: 'tool_call_update', toolCallId: callId, content: [textContent(planText(plan))] };
  }

  *#endPlanCall(status: 'completed' | 'failed'): Updates {
    if (this.#planCall !== undefined) yield* this.#calls.end(this.#planCall, status);
  }

  #headingOf(subtaskId: string): string | undefined {
    const subtask = this.#subtasks.find(({ id }) => id === subtaskId);
    return subtask && `${subtask.position}. ${subtask.title}`;
  }

  /** All of them each time, as the protocol wants it. */
  #entries(): SessionUpdate {
    return { sessionUpdate: 'plan', entries: this.#subtasks.map(entryOf) };
  }
}
