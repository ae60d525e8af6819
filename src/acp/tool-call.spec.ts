import { expect, it } from 'vitest';
import { Roots } from '../ide/roots.js';
import { planText } from './plan-view.js';
import { draftTitle, shownCall } from './tool-call.js';
import { Workspace } from './workspace.js';

/** An editor in a terminal shows “npm test” of it. */
const COMMAND = 'rm -rf src \u001b[2K\rnpm test \u202e.';
const SEEN = 'rm -rf src ⟨U+001B⟩[2K⟨U+000D⟩npm test ⟨U+202E⟩.';

const roots = new Roots([{ name: 'work', path: '/work', real: '/work' }]);

it('shows by their code what a terminal obeys or hides, and hands the arguments over as they are', async () => {
  const call = shownCall('execute_command', { command: COMMAND }, roots);
  expect(call).toMatchObject({ title: SEEN, rawInput: { command: COMMAND } });
  expect(draftTitle(COMMAND)).toBe(`Writing: ${SEEN}`);
  const preview = await new Workspace(roots, new AbortController().signal, {}).preview('execute_command', {
    command: COMMAND,
  });
  expect(preview).toMatchObject([{ content: { text: `\`\`\`\n${SEEN}\n\`\`\`` } }]);
  const plan = { title: COMMAND, version: 1, description: COMMAND, subtasks: [] };
  expect(planText(plan as unknown as Parameters<typeof planText>[0])).toBe(`## ${SEEN}\n\n${SEEN}`);
});
