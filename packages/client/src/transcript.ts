import type { DataOf, RuntimeEvent } from './events.ts';
import type { Attached, Message, Session } from './types.gen.ts';

type Todos = DataOf<'todos.updated'>['items'];

/** A message as it is to be shown now. Never changed: what an event changes is another object. */
export interface ShownMessage {
  readonly id: string;
  readonly role: Message['role'];
  readonly runId: string | null;
  /** Null = said in no subtask. */
  readonly subtaskId: string | null;
  /** Null = said in no job. With both null it belongs to the main history. */
  readonly jobId: string | null;
  readonly agent: string | null;
  readonly text: string;
  /** What the model has reasoned, where it shows that. */
  readonly reasoning: string;
  /** Null while it is being said. */
  readonly finishReason: string | null;
  readonly isComplete: boolean;
  /** A piece is missing; `text` or `reasoning` ends before it until the message is completed. */
  readonly hasGap: boolean;
  readonly toolCalls: Message['tool_calls'];
  /** The calls that it has begun to write; none once it is complete. */
  readonly drafts: readonly Pick<DataOf<'tool_call.drafted'>, 'call_id' | 'tool_name'>[];
  /** Of a tool's answer: the call it answers. */
  readonly callId: string | null;
  readonly suggestions: readonly string[];
  /** Of a user: what went with the words. Of a tool’s answer: its images. */
  readonly attachments: readonly Attached[];
  /** Of a tool’s answer: what its client wants shown of it. */
  readonly display: Message['display'];
}

/** What an event did to a message. */
export interface Change {
  readonly message: ShownMessage;
  /** What was added at the end of its text; empty where the text was replaced by another one. */
  readonly added: string;
  /** The message is to be forgotten. */
  readonly isDiscarded: boolean;
}

const EMPTY = {
  text: '',
  reasoning: '',
  finishReason: null,
  isComplete: false,
  hasGap: false,
  toolCalls: [],
  drafts: [],
  callId: null,
  suggestions: [],
  attachments: [],
  display: undefined,
};

/** What is said in a session, folded from its events: any number of them, from any cursor on. */
export class Transcript {
  readonly #messages = new Map<string, ShownMessage>();
  readonly #steers = new Map<string, string>();
  #todos: Todos = [];

  /** What waits until an agent at work is asked next: the text, by id. */
  get steers(): ReadonlyMap<string, string> {
    return this.#steers;
  }

  /** The newest list of the agents: what is done of a long task, and what remains. Empty where they have made none. */
  get todos(): Readonly<Todos> {
    return this.#todos;
  }

  get(id: string): ShownMessage | undefined {
    return this.#messages.get(id);
  }

  /** In the order of their beginning: the main history, or what was said in a subtask or job. */
  messages({ subtaskId = null, jobId = null }: { subtaskId?: string | null; jobId?: string | null } = {}) {
    return [...this.#messages.values()].filter(
      (message) => message.subtaskId === subtaskId && message.jobId === jobId,
    );
  }

  /**
   * Takes what is stored, before the events that follow it.
   * @param session whose `steers` and `todos` these are; an older server tells none. Left out with older messages: then both stay
   */
  load(messages: Iterable<Message>, session?: Partial<Pick<Session, 'steers' | 'todos'>>): void {
    for (const message of messages) this.#put(whole(message));
    if (!session) return;
    for (const { id, content } of session.steers ?? []) this.#steers.set(id, content);
    this.#todos = session.todos ?? [];
  }

  /** @returns what changed, for events that change a message */
  apply(event: RuntimeEvent): Change | undefined {
    switch (event.type) {
      case 'message.created':
        for (const id of event.data.steer_ids ?? []) this.#steers.delete(id);
        return this.#put(whole(event.data.message));
      case 'message.started': {
        const { message_id: id, agent, subtask_id: subtaskId = null, job_id: jobId = null } = event.data;
        return this.#put({ ...EMPTY, id, role: 'assistant', runId: event.run_id, subtaskId, jobId, agent });
      }
      case 'message.delta':
        return this.#append('text', event.data);
      case 'message.reasoning_delta':
        return this.#append('reasoning', event.data);
      case 'tool_call.drafted':
        return this.#draft(event.data);
      case 'message.completed':
        return this.#complete(event.data, event.run_id);
      case 'message.discarded':
        return this.#discard(event.data.message_id);
      case 'steer.waiting':
        this.#steers.set(event.data.steer_id, event.data.content);
        return undefined;
      case 'steer.withdrawn':
        this.#steers.delete(event.data.steer_id);
        return undefined;
      case 'todos.updated':
        this.#todos = event.data.items;
        return undefined;
      case 'stream.reset':
        this.#messages.clear();
        this.#steers.clear();
        this.#todos = [];
        return undefined;
      default:
        return undefined;
    }
  }

  #append(
    to: 'text' | 'reasoning',
    { message_id: id, offset, text }: DataOf<'message.delta'>,
  ): Change | undefined {
    const message = this.#messages.get(id);
    if (!message || message.isComplete) return undefined;
    const before = message[to];
    if (offset > before.length) return this.#put({ ...message, hasGap: true });
    // Deltas may be merged: then one begins with what is here already.
    return this.#put({ ...message, [to]: before + text.slice(before.length - offset) });
  }

  #draft({ message_id: id, call_id, tool_name }: DataOf<'tool_call.drafted'>): Change | undefined {
    const message = this.#messages.get(id);
    if (!message || message.isComplete) return undefined;
    return this.#put({ ...message, drafts: [...message.drafts, { call_id, tool_name }] });
  }

  #complete(data: DataOf<'message.completed'>, runId: string | null): Change {
    return this.#put({
      ...EMPTY,
      id: data.message_id,
      role: 'assistant',
      runId,
      subtaskId: data.subtask_id ?? null,
      jobId: data.job_id ?? null,
      agent: data.agent,
      text: data.content,
      reasoning: data.reasoning ?? '',
      finishReason: data.finish_reason,
      isComplete: true,
      toolCalls: data.tool_calls,
      suggestions: data.suggestions ?? [],
    });
  }

  #discard(id: string): Change | undefined {
    const message = this.#messages.get(id);
    this.#messages.delete(id);
    return message && { message, added: '', isDiscarded: true };
  }

  #put(message: ShownMessage): Change {
    const before = this.#messages.get(message.id)?.text ?? '';
    this.#messages.set(message.id, message);
    const added = message.text.startsWith(before) ? message.text.slice(before.length) : '';
    return { message, added, isDiscarded: false };
  }
}

const whole = (message: Message): ShownMessage => ({
  ...EMPTY,
  id: message.id,
  role: message.role,
  runId: message.run_id,
  subtaskId: message.subtask_id,
  jobId: message.job_id,
  agent: message.agent,
  text: message.content,
  reasoning: message.reasoning ?? '',
  finishReason: message.finish_reason,
  isComplete: true,
  toolCalls: message.tool_calls,
  callId: message.call_id,
  suggestions: message.suggestions ?? [],
  attachments: message.attachments ?? [],
  display: message.display,
});
