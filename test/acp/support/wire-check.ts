/** One message between editor and agent, in the order in which the editor has seen or sent it. */
export interface Entry {
  readonly from: 'editor' | 'agent';
  readonly message: {
    readonly id?: string | number | null;
    readonly method?: string;
    readonly params?: { readonly sessionId?: string; readonly update?: unknown };
    readonly result?: unknown;
    readonly error?: unknown;
  };
}

interface Update {
  readonly sessionUpdate: string;
  readonly toolCallId?: string;
  readonly status?: string;
}

/** What belongs to a turn, or to the replay of one. */
const OF_TURNS: ReadonlySet<string> = new Set([
  'user_message_chunk',
  'agent_message_chunk',
  'agent_thought_chunk',
  'tool_call',
  'tool_call_update',
  'plan',
]);

const SHOWING: ReadonlySet<string> = new Set(['session/prompt', 'session/load', 'session/resume']);

/** What is wrong with the messages of a connection. */
export function faultsIn(wire: readonly Entry[]): string[] {
  const faults: string[] = [];
  const known = new Set<string>();
  const asked = new Map<unknown, { method: string; sessionId: string }>();
  const openCalls = new Map<string, Set<string>>();
  const callsOf = (id: string) => openCalls.get(id) ?? openCalls.set(id, new Set()).get(id)!;
  const isShowing = (sessionId: string) =>
    [...asked.values()].some((each) => each.sessionId === sessionId && SHOWING.has(each.method));

  for (const { from, message } of wire) {
    const { id, method, params, result } = message;
    const sessionId = params?.sessionId ?? '';
    if (from === 'editor' && method && id !== undefined) asked.set(id, { method, sessionId });
    if (from === 'agent' && !method) {
      const request = asked.get(id);
      asked.delete(id);
      const named = (result as { sessionId?: string } | undefined)?.sessionId ?? request?.sessionId;
      if (named && message.error === undefined) known.add(named);
      if (request?.method === 'session/prompt' && !isShowing(request.sessionId)) {
        for (const call of callsOf(request.sessionId)) faults.push(`call ${call} does not end`);
      }
    }
    if (from === 'agent' && method === 'session/request_permission' && !isShowing(sessionId)) {
      faults.push('a permission is asked for outside of a turn');
    }
    if (from !== 'agent' || method !== 'session/update') continue;
    const update = params!.update as Update;
    if (!known.has(sessionId) && !isShowing(sessionId)) {
      faults.push(`${update.sessionUpdate} before the editor knows the session`);
    }
    if (OF_TURNS.has(update.sessionUpdate) && !isShowing(sessionId)) {
      faults.push(`${update.sessionUpdate} outside of a turn`);
    }
    const calls = callsOf(sessionId);
    if (update.sessionUpdate === 'tool_call') calls.add(update.toolCallId!);
    if (update.status === 'completed' || update.status === 'failed') calls.delete(update.toolCallId ?? '');
  }
  return faults;
}
