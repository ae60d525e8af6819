import type { Lent, RuntimeEvent, Tools } from '#client';
import type { Human } from '../ide/human.ts';

export const printAsJson = (event: RuntimeEvent): void => console.log(JSON.stringify(event));

/** Lends without a screen. */
export const quietly = (tools: Tools, human: Human): Required<Omit<Lent, 'declared' | 'journal'>> => ({
  tools,
  onUnknownTool: (_, { call }) => {
    throw new Error(`There is no tool ${call.tool_name} here`);
  },
  onApproval: (approval, context) => human.decideOnCall(approval, context),
  onPlan: (plan, context) => human.decideOnPlan(plan, context),
});
