import { Problem } from '#client';
import { LentOnScreen } from '../ide/lent-on-screen.ts';
import { Screen } from '../ide/screen.ts';
import { printAsJson, quietly } from './as-json.ts';
import { decidesBy } from './policy.ts';
import type { Stage } from './stage.ts';

/**
 * Executes what is called in sessions until the process is stopped. Unless the policy allows everything, other clients
 * decide.
 * @throws Problem 404 where the last of them is deleted
 */
export async function lendTo(sessionIds: readonly string[], stage: Stage): Promise<void> {
  const { runtime, tools: plain, options, cancel } = stage;
  const { policy, json } = options;
  const screen = new Screen();
  const human = decidesBy(policy, json ? undefined : (text) => screen.note(text));
  const { tools, onUnknownTool, onApproval, onPlan } = json
    ? quietly(plain, human)
    : new LentOnScreen({ tools: plain, human, screen });
  const lendings = sessionIds.map((id) =>
    runtime.lend(id, {
      tools,
      onUnknownTool,
      ...(policy === 'yes' && { onApproval, onPlan }),
      ...(json && { onEvent: printAsJson }),
      signal: cancel,
    }),
  );
  if (!json) screen.note('the folder is lent until Ctrl-C');
  let left = lendings.length;
  const goOn = (error: unknown) => {
    left -= 1;
    if (left === 0 || !(error instanceof Problem && error.status === 404)) throw error;
    console.error(error.message);
  };
  await Promise.all(lendings.map(({ ended }) => ended.catch(goOn)));
}
