/** The part of the server's contract that the demo uses, out of the types that are made from `openapi.json`. */

import type { Approval, HitlDecision, Json, Plan, PlanDecision, PlanList, SessionEvent } from './openapi.ts';

export type {
  Approval,
  Context,
  Input,
  Job,
  Message,
  Plan,
  PlanRecord,
  Problem,
  Run,
  Session,
  SessionEvent,
  Synopsis,
} from './openapi.ts';

export type Subtask = Plan['subtasks'][number];

/** An approval that is about a tool call. */
export type CallApproval = Approval & Required<Pick<Approval, 'call_id' | 'tool_name' | 'arguments'>>;

export const isOfCall = (approval: Approval): approval is CallApproval => approval.kind === 'tool_call';

export type PlanVerdict = Pick<PlanDecision, 'decision' | 'feedback'>;

export type CallVerdict = Omit<HitlDecision, 'type' | 'call_id'>;

/** What a tool has answered. */
export type ToolOutcome = { result: Json } | { error: string };

/** A page of a list. */
export type List<Item> = Omit<PlanList, 'data'> & { data: Item[] };

/** What an event of this type carries. */
export type DataOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>['data'];
