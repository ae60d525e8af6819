import { type Decision, Problem } from '@agent-runtime/client';
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { queryClient } from '../app/queries.ts';
import { runtime } from '../app/runtime.ts';

/** Posts a decision once; one that was decided elsewhere meanwhile is fetched, and shows by whom. */
export function useDecision(approvalId: string) {
  /** The same words again are the same request. */
  const keys = useRef(new Map<string, string>());
  return useMutation({
    mutationFn: async (decision: Decision) => {
      const said = JSON.stringify(decision);
      const idempotencyKey = keys.current.get(said) ?? newKey();
      keys.current.set(said, idempotencyKey);
      try {
        await runtime.approvals.decide(approvalId, decision, { idempotencyKey });
      } catch (error) {
        if (!(error instanceof Problem && (error.status === 409 || error.status === 404))) throw error;
      }
    },
    onSettled: () =>
      Promise.all(
        ['approvals', 'plans', 'plan', 'runs'].map((first) =>
          queryClient.invalidateQueries({ queryKey: [first] }),
        ),
      ),
  });
}

/** `crypto.randomUUID` is missing in a page that came by plain HTTP under a name. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-');
