import type { CreateSession } from '#client';
import type { Human } from '../ide/human.ts';

export const POLICIES = ['ask', 'accept-edits', 'read-only', 'yes'] as const;

/** What is done about calls that change something: see `agent-runtime hands --help`. */
export type Policy = (typeof POLICIES)[number];

/** The `approval_mode` of a session that is made for it; undefined = as sessions begin. */
export const MODES: Record<Policy, CreateSession['approval_mode']> = {
  ask: undefined,
  'accept-edits': 'accept_edits',
  'read-only': 'read_only',
  yes: undefined,
};

/** Decides where no person is asked. Plans are approved: what they do is judged call by call. @param note for the screen */
export const decidesBy = (policy: Policy, note: (text: string) => void = () => undefined): Human => ({
  decideOnPlan: async () => {
    note('the plan is approved by the policy');
    return { decision: 'approve' };
  },
  decideOnCall: async () => {
    const isAllowed = policy === 'yes';
    note(`${isAllowed ? 'allowed' : 'refused'} by the policy ${policy}`);
    return isAllowed
      ? { decision: 'approve' }
      : { decision: 'reject', feedback: `No person is here to be asked; the policy is ${policy}` };
  },
});
