import { EventType, SentEvent } from './client.js';
import { TestApp } from './test-app.js';

/** An id that nothing has. */
export const UNKNOWN = '01998000-0000-7000-8000-000000000000';

/** What the classification says of a task that needs a plan. */
export const NOT_ATOMIC = { is_atomic: false, agent: 'plan', confidence: 'high', reason: 'several files' };

export const PLAN = {
  title: 'A greeting tool',
  description: 'Small, with a test',
  subtasks: [
    { title: 'Write it', description: 'Write greet.js', agent: 'coder', estimated_minutes: 5 },
    { title: 'Check it', description: 'Look whether it works', agent: 'debug', dependencies: [0] },
  ],
};

export const propose = (plan: object = PLAN) => ({ calls: [{ name: 'create_plan', args: plan }] });

export const finish = (result: string) => ({ calls: [{ name: 'attempt_completion', args: { result } }] });

export const reads = (path = 'a.txt') => ({ calls: [{ name: 'read_file', args: { path } }] });

export const writes = (path = 'greet.js') => ({
  calls: [{ name: 'write_file', args: { path, content: 'hello' } }],
});

const isOf =
  <Type extends EventType>(type: Type) =>
  (event: SentEvent): event is SentEvent<Type> =>
    event.type === type;

export const find = <Type extends EventType>(events: readonly SentEvent[], type: Type): SentEvent<Type> => {
  const event = events.find(isOf(type));
  if (!event) throw new Error(`no ${type} in ${events.map((each) => each.type).join(', ')}`);
  return event;
};

export const all = <Type extends EventType>(events: readonly SentEvent[], type: Type): SentEvent<Type>[] =>
  events.filter(isOf(type));

/** The tool calls that the client is to execute. */
export const callsIn = (events: readonly SentEvent[]): string[] =>
  all(events, 'tool_call.requested').map(({ data }) => data.call_id);

/** The first of them. */
export const callIn = (events: readonly SentEvent[]): string =>
  find(events, 'tool_call.requested').data.call_id;

/** The plan that an event asks about. */
export const planIdIn = (events: readonly SentEvent[]): string =>
  find(events, 'plan.approval_required').data.plan.id;

/** That of a tool call always names the call. */
const approvalOf = ({ data: { approval } }: SentEvent<'approval.requested'>) => ({
  ...approval,
  call_id: approval.call_id!,
});

/** The approvals of tool calls that are asked for. */
export const approvalsIn = (events: readonly SentEvent[]) =>
  all(events, 'approval.requested').map(approvalOf);

/** The first of them. */
export const askedIn = (events: readonly SentEvent[]) => approvalOf(find(events, 'approval.requested'));

/** The client's answer to a tool call. */
export const toolResult = (callId: string, answer: object = { result: 'ok' }) => ({
  type: 'tool_result',
  call_id: callId,
  ...answer,
});

/** A user's decision on a tool call that awaits approval. */
export const callDecision = (callId: string, decision: string, more: object = {}) => ({
  type: 'hitl_decision',
  call_id: callId,
  decision,
  ...more,
});

/** A user's decision on a plan in review. */
export const planDecision = (planId: string, decision: string, more: object = {}) => ({
  type: 'plan_decision',
  plan_id: planId,
  decision,
  ...more,
});

/** A session whose plan is in review. The replies after the proposal are the test's to script, before. */
export async function toReview(
  app: TestApp,
): Promise<{ sessionId: string; planId: string; events: SentEvent[] }> {
  const sessionId = await app.client.openSession();
  const events = await app.client.ask(sessionId, 'Build a greeting tool');
  return { sessionId, planId: planIdIn(events), events };
}
