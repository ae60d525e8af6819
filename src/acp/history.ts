import type { SessionUpdate } from '@agentclientprotocol/sdk';
import type { AgentRuntime, Session } from '#client';
import type { Translator } from './translator.js';

/** Passing troubles do not end the loading of a session: editors would begin another one. */
const UNTIL_ANSWERED = { retryFor: Infinity };

const SHOWN_PLANS: ReadonlySet<string> = new Set(['review', 'approved', 'executing', 'failed']);

/** What was said before, and the plan as it is; after this the translator knows that it was shown. */
export async function historyOf(
  runtime: AgentRuntime,
  sessionId: string,
  translator: Translator,
): Promise<SessionUpdate[]> {
  const messages = await runtime.sessions.messages(sessionId, { limit: 200 }, UNTIL_ANSWERED).all();
  const answered = new Set(messages.flatMap(({ call_id: id }) => (id === null ? [] : [id])));
  const { data: plans } = await runtime.sessions.plans(sessionId, { limit: 1 }, UNTIL_ANSWERED).page();
  return [
    ...messages.flatMap((message) => translator.replay(message, answered)),
    ...plans.filter(({ status }) => SHOWN_PLANS.has(status)).flatMap((plan) => translator.plan(plan)),
  ];
}

/** What a run that was left open waits for. */
export async function openIn(runtime: AgentRuntime, { id, active_run: run }: Session): Promise<string> {
  const kinds = new Set(run?.waiting_for.map(({ kind }) => kind));
  const asked = kinds.has('approval')
    ? await runtime.sessions.approvals(id, { status: 'pending' }, UNTIL_ANSWERED).all()
    : [];
  const open = [
    ...asked.filter(({ kind }) => kind === 'tool_call').map(({ subject }) => `your decision: ${subject}`),
    ...(kinds.has('plan_decision') ? ['your decision on the plan'] : []),
    ...(kinds.has('tool_result') ? ['a tool call'] : []),
  ];
  return open.length > 0 ? `A run waits for ${open.join(', ')}.` : 'A run is still at work.';
}
