import type { SessionUpdate, ToolCallContent } from '@agentclientprotocol/sdk';
import type { DataOf, Message } from '#client';
import type { Roots } from '../ide/roots.js';
import { displayedContent } from './displayed.js';
import { MAX_SHOWN, cut } from './text.js';
import { type ShownCall, draftTitle, kindOf, shownCall, textContent } from './tool-call.js';

type Updates = Generator<SessionUpdate>;

/** The tool calls of a session, as far as the editor was shown them. Each is begun once, and ends once. */
export class ShownCalls {
  readonly #roots: Roots;
  /** The calls that a message has begun to write. */
  readonly #drafts = new Map<string, string[]>();
  readonly #open = new Map<string, 'drafted' | 'shown'>();
  /** Whether something was shown as the answer of the call. */
  readonly #ended = new Map<string, boolean>();
  /** What this process has got as the answer of a call. */
  readonly #answers = new Map<string, ToolCallContent[]>();

  constructor(roots: Roots) {
    this.#roots = roots;
  }

  isKnown(callId: string): boolean {
    return this.#open.has(callId) || this.#ended.has(callId);
  }

  /** What to show as the answer of a call once that is settled; what was noted first, as its terminal, counts. */
  note(callId: string, content: ToolCallContent[]): void {
    if (!this.#answers.has(callId)) this.#answers.set(callId, content);
  }

  *drafted(data: DataOf<'tool_call.drafted'>): Updates {
    const { call_id: callId, tool_name: name, message_id: messageId } = data;
    if (this.isKnown(callId)) return;
    this.#drafts.set(messageId, [...(this.#drafts.get(messageId) ?? []), callId]);
    this.#open.set(callId, 'drafted');
    yield {
      ...{ sessionUpdate: 'tool_call', toolCallId: callId, status: 'pending' },
      ...{ title: draftTitle(name), kind: kindOf(name) },
    };
  }

  /** What a message has begun to write, and has not completed, ends with it. */
  *endDrafts(messageId: string): Updates {
    for (const callId of this.#drafts.get(messageId) ?? []) {
      if (this.#open.get(callId) === 'drafted') yield* this.end(callId, 'failed', 'It was not completed');
    }
    this.#drafts.delete(messageId);
  }

  *show(callId: string, call: ShownCall): Updates {
    const state = this.#open.get(callId);
    if (state === 'shown' || this.#ended.has(callId)) return;
    this.#open.set(callId, 'shown');
    const sessionUpdate = state === 'drafted' ? 'tool_call_update' : 'tool_call';
    yield { sessionUpdate, toolCallId: callId, status: 'pending', ...call };
  }

  *requested(data: DataOf<'tool_call.requested'>): Updates {
    const { call_id: callId, tool_name: name, arguments: args } = data;
    if (this.#ended.has(callId)) return;
    const call = shownCall(name, args, this.#roots);
    yield* this.show(callId, call);
    yield { sessionUpdate: 'tool_call_update', toolCallId: callId, status: 'in_progress', ...call };
  }

  *settled({ call_id: callId, status }: DataOf<'tool_call.settled'>): Updates {
    const isDone = status === 'completed';
    yield* this.end(callId, isDone ? 'completed' : 'failed', isDone || status === 'failed' ? '' : status);
  }

  /** The answer of a tool, as the model reads it. */
  *answered({ call_id: callId, call_status: status, content: text, display }: Message): Updates {
    if (callId === null) return;
    const content = displayedContent(display, this.#roots);
    if (this.#open.has(callId)) {
      if (content) this.note(callId, content);
      yield* this.end(callId, status === 'completed' ? 'completed' : 'failed', text);
    } else if (this.#ended.get(callId) === false) {
      this.#ended.set(callId, true);
      const answer = content ?? shown(text);
      if (answer.length > 0) yield { sessionUpdate: 'tool_call_update', toolCallId: callId, content: answer };
    }
  }

  *end(callId: string, status: 'completed' | 'failed', text = ''): Updates {
    if (!this.#open.delete(callId)) return;
    const content = this.#answers.get(callId) ?? shown(text);
    this.#answers.delete(callId);
    this.#ended.set(callId, content.length > 0);
    yield {
      ...{ sessionUpdate: 'tool_call_update', toolCallId: callId, status },
      ...(content.length > 0 && { content }),
    };
  }

  *endAll(text: string): Updates {
    for (const callId of this.#open.keys()) yield* this.end(callId, 'failed', text);
  }
}

const shown = (text: string): ToolCallContent[] => (text ? [textContent(cut(text, MAX_SHOWN))] : []);
