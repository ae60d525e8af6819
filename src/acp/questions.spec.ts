import { expect, it } from 'vitest';
import type { CallApproval, Plan } from '#client';
import { Roots } from '../ide/roots.js';
import { Questions } from './questions.js';
import { Workspace } from './workspace.js';

const HIDDEN = 'npm \u001b[2K\u202e';
const SEEN = 'npm ⟨U+001B⟩[2K⟨U+202E⟩';

it('asks in words that show control characters, and decides by what they stand for', async () => {
  const asked: unknown[] = [];
  const roots = new Roots([{ name: 'work', path: '/work', real: '/work' }]);
  const { signal } = new AbortController();
  const client = {
    request: async (_: string, question: unknown) => {
      asked.push(question);
      return { outcome: { outcome: 'selected', optionId: 'pattern:0' } };
    },
  };
  const questions = new Questions({
    ...{ client: client as never, capabilities: {}, sessionId: 's1', roots },
    workspace: new Workspace(roots, signal, {}),
  });
  const suggestions = [{ command: HIDDEN }];
  const call = { call_id: 'c1', tool_name: 'execute_command', arguments: { command: HIDDEN }, suggestions };
  const decision = await questions.onCall(call as unknown as CallApproval, signal);
  await questions.onCall({ ...call, attempt: 2, reason: HIDDEN } as unknown as CallApproval, signal);
  const plan = { id: 'p1', version: 1, title: HIDDEN, description: '', subtasks: [] };
  await questions.onPlan(plan as unknown as Plan, signal);

  expect(decision).toEqual({ decision: 'approve', remember_when: { command: HIDDEN } });
  expect(asked).toMatchObject([
    {
      toolCall: { title: SEEN, rawInput: { command: HIDDEN } },
      options: [{}, { name: `Always allow ${SEEN} in this session` }, {}, {}],
    },
    { toolCall: { content: [{ content: { text: SEEN } }, {}] } },
    { toolCall: { title: SEEN } },
  ]);
});
